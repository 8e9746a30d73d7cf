/** Reads getStats into what the server keeps of this connection; empty slots are left out, they only look broken. */
import type { ClientSample, SeenFigures, SentFigures, SlotFill, Source } from '../contract'
import { roundTripMs } from './pair'

/** The send sections of every offer in their order; mirrors contract/media.py. */
const SECTIONS: readonly Source[] = ['microphone', 'camera', 'screen', 'screen_sound']
/** A shorter time tells more of the clock than of the network. */
const LEAST_MS = 500
const MOST_S = 600

interface Inbound {
  /** Whose: `person/source`. A slot that shows somebody else now begins anew. */
  of: string
  frames: number
  frozenS: number
  concealed: number
  samples: number
}

interface Totals {
  atMs: number
  inbound: Map<string, Inbound>
  frames: Map<Source, number>
}

type Stats = RTCStats & Record<string, unknown>
const count = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0)
const share = (part: number, whole: number): number =>
  whole > 0 ? Math.max(0, Math.min(1, part / whole)) : 0
const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/** One connection; `take` gives what happened since the take before. */
export class Sampler {
  private before: Totals | null = null

  /** `nowMs` is monotonic. Null the first time, and when hardly any time has passed. */
  take(
    report: Pick<RTCStatsReport, 'forEach'>,
    slots: readonly SlotFill[],
    nowMs: number,
  ): ClientSample | null {
    const { before } = this
    if (before && nowMs - before.atMs < LEAST_MS) return null
    const filled = new Map(
      slots.filter(({ participant, paused }) => participant && !paused).map((slot) => [slot.mid, slot]),
    )
    const now: Totals = { atMs: nowMs, inbound: new Map(), frames: new Map() }
    const limits = new Map<Source, SentFigures['limit']>()
    const kinds = new Map<string, string>()
    report.forEach((entry: Stats) => {
      if (entry.type === 'inbound-rtp') {
        const slot = filled.get(String(entry.mid))
        if (!slot) return
        kinds.set(slot.mid, String(entry.kind))
        now.inbound.set(slot.mid, {
          of: `${slot.participant}/${slot.source}`,
          frames: count(entry.framesDecoded),
          frozenS: count(entry.totalFreezesDuration),
          concealed: count(entry.concealedSamples) - count(entry.silentConcealedSamples),
          samples: count(entry.totalSamplesReceived),
        })
      } else if (entry.type === 'outbound-rtp') {
        const source = SECTIONS[Number(entry.mid)] ?? (entry.kind === 'audio' ? 'microphone' : 'camera')
        // Of several layers the one that goes out most often counts.
        now.frames.set(source, Math.max(now.frames.get(source) ?? 0, count(entry.framesSent)))
        const limit = entry.qualityLimitationReason
        if (limit === 'cpu' || limit === 'bandwidth' || limit === 'other') limits.set(source, limit)
      }
    })
    this.before = now
    if (!before) return null
    const overS = (nowMs - before.atMs) / 1000
    const seen: SeenFigures[] = []
    for (const [mid, after] of now.inbound) {
      const earlier = before.inbound.get(mid)
      const slot = filled.get(mid)
      if (!earlier || earlier.of !== after.of || !slot?.participant || !slot.source) continue
      const of = { of: slot.participant, source: slot.source, fps: null, frozen: null, concealed: null }
      seen.push(
        kinds.get(mid) === 'video'
          ? {
              ...of,
              fps: round(Math.max(0, after.frames - earlier.frames) / overS, 1),
              frozen: round(share(after.frozenS - earlier.frozenS, overS), 3),
            }
          : {
              ...of,
              concealed: round(
                share(after.concealed - earlier.concealed, after.samples - earlier.samples),
                3,
              ),
            },
      )
    }
    const sent = [...now.frames].map(([source, frames]): SentFigures => {
      const moves = source === 'camera' || source === 'screen'
      const fps = Math.max(0, frames - (before.frames.get(source) ?? frames)) / overS
      return { source, fps: moves ? round(fps, 1) : null, limit: limits.get(source) ?? 'none' }
    })
    return { over_s: round(Math.min(MOST_S, overS), 3), rtt_ms: roundTripMs(report), sent, seen }
  }
}
