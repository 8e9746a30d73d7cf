/** Reads getStats into what quality.ts judges; empty slots are left out, they only look broken. */
import type { PersonId, SlotFill } from '../contract'
import { roundTripMs } from './pair'
import type { Reading } from './quality'
import type { Pulse } from './watcher'

/** Pictures a second. */
export interface Rates {
  /** Of the own camera as they go out; null while it sends none. */
  sentFps: number | null
  /** Of the slowest camera that comes, as shown; null when none comes. */
  seenFps: number | null
}

interface Totals {
  lost: number
  received: number
  concealed: number
  samples: number
  frozenS: number
  /** Decoded so far of each live camera, by mid. */
  frames: Map<string, number>
  /** Sent so far of the own camera, by layer. */
  sent: Map<string, number>
  atMs: number
}

type Inbound = RTCInboundRtpStreamStats & {
  concealedSamples?: number
  silentConcealedSamples?: number
  totalSamplesReceived?: number
  totalFreezesDuration?: number
}

/** A paused slot gets nothing, as an empty one. */
const flows = (slot: SlotFill): boolean => Boolean(slot.participant) && !slot.paused

export class StatsReader {
  private before: Totals | null = null

  /** The change since the last call; null the first time, or when nothing is known. */
  async read(pc: RTCPeerConnection, slots: readonly SlotFill[]): Promise<(Reading & Rates) | null> {
    const filled = new Set(slots.filter(flows).map((slot) => slot.mid))
    const report = await pc.getStats()
    const now: Totals = {
      lost: 0,
      received: 0,
      concealed: 0,
      samples: 0,
      frozenS: 0,
      frames: new Map(),
      sent: new Map(),
      atMs: performance.now(),
    }
    const { frames, sent } = now
    let sentLoss = 0
    report.forEach((entry: RTCStats) => {
      if (entry.type === 'inbound-rtp') {
        const inbound = entry as Inbound
        if (!inbound.mid || !filled.has(inbound.mid)) return
        now.lost += Math.max(0, inbound.packetsLost ?? 0)
        now.received += inbound.packetsReceived ?? 0
        now.concealed += (inbound.concealedSamples ?? 0) - (inbound.silentConcealedSamples ?? 0)
        now.samples += inbound.totalSamplesReceived ?? 0
        now.frozenS += inbound.totalFreezesDuration ?? 0
        if (inbound.kind === 'video') frames.set(inbound.mid, inbound.framesDecoded ?? 0)
      } else if (entry.type === 'outbound-rtp') {
        const outbound = entry as RTCOutboundRtpStreamStats
        if (outbound.kind === 'video') sent.set(outbound.rid ?? '', outbound.framesSent ?? 0)
      } else if (entry.type === 'remote-inbound-rtp') {
        const remote = entry as RTCStats & { fractionLost?: number }
        sentLoss = Math.max(sentLoss, remote.fractionLost ?? 0)
      }
    })
    const { before } = this
    this.before = now
    if (!before) return null
    const share = (part: number, whole: number) => (whole > 0 ? Math.max(0, Math.min(1, part / whole)) : 0)
    const lost = now.lost - before.lost
    const received = now.received - before.received
    const passedS = (now.atMs - before.atMs) / 1000
    const fps = (by: 'frames' | 'sent') => (name: string) => {
      const earlier = before[by].get(name)
      const later = now[by].get(name)
      return earlier === undefined || later === undefined ? null : Math.max(0, (later - earlier) / passedS)
    }
    const seen = [...filled].map(fps('frames')).filter((rate) => rate !== null)
    // Every layer has all the pictures that were taken; those that are off stand still.
    const made = [...sent.keys()].map(fps('sent')).filter((rate) => rate !== null)
    return {
      sentFps: made.length > 0 ? Math.max(...made) : null,
      seenFps: seen.length > 0 ? Math.min(...seen) : null,
      rttMs: roundTripMs(report),
      loss: Math.max(sentLoss, share(lost, lost + received)),
      concealed: share(now.concealed - before.concealed, now.samples - before.samples),
      frozen: share(now.frozenS - before.frozenS, passedS),
    }
  }
}

/** What the watcher counts, and the ms of sound that were played of whom. */
export type Counted = Pick<Pulse, 'bytes' | 'tracks'> & { playedMs: ReadonlyMap<PersonId, number> }

/** Opus decodes to so many samples a second, in every browser. */
const SAMPLES_PER_MS = 48

/** Everything that came over the connection so far, reports included, and by mid what came of every live track. */
export async function readCounters(pc: RTCPeerConnection, slots: readonly SlotFill[]): Promise<Counted> {
  let bytes = 0
  const tracks = new Map(slots.filter(flows).map((slot) => [slot.mid, 0]))
  const voices = new Map(
    slots.map(({ mid, participant, source }) => [mid, source === 'microphone' ? participant : null]),
  )
  const playedMs = new Map<PersonId, number>()
  const report = await pc.getStats()
  report.forEach((entry: RTCStats) => {
    if (entry.type === 'candidate-pair') {
      bytes += (entry as RTCIceCandidatePairStats).bytesReceived ?? 0
    } else if (entry.type === 'inbound-rtp') {
      const inbound = entry as Inbound
      const units = inbound.kind === 'video' ? inbound.framesDecoded : inbound.packetsReceived
      if (inbound.mid && tracks.has(inbound.mid)) tracks.set(inbound.mid, units ?? 0)
      const voice = inbound.mid && voices.get(inbound.mid)
      if (voice && inbound.jitterBufferEmittedCount)
        playedMs.set(voice, inbound.jitterBufferEmittedCount / SAMPLES_PER_MS)
    }
  })
  return { bytes, tracks, playedMs }
}
