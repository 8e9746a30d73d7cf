/** The candidate pair that a connection uses: with several addresses on each side several are nominated. */

/** What of a pair, or of the transport that names it, matters here. */
export interface Pair {
  type: string
  id: string
  nominated?: boolean
  selected?: boolean
  currentRoundTripTime?: number
  remoteCandidateId?: string
  selectedCandidatePairId?: string
}

/** Chromium and Safari name it in the transport, Firefox marks it. */
export function pairInUse(report: Pick<RTCStatsReport, 'forEach'>): Pair | undefined {
  const all: Pair[] = []
  report.forEach((entry: Pair) => all.push(entry))
  const named = all.find((one) => one.selectedCandidatePairId)?.selectedCandidatePairId
  const pairs = all.filter((one) => one.type === 'candidate-pair')
  return pairs.find((one) => one.id === named) ?? pairs.find((one) => one.selected ?? one.nominated)
}

/** Its round trip time, ms; null before it was measured. */
export function roundTripMs(report: Pick<RTCStatsReport, 'forEach'>): number | null {
  const rttS = pairInUse(report)?.currentRoundTripTime
  return rttS === undefined ? null : rttS * 1000
}
