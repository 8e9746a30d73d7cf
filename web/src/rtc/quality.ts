/** How the connection is, in three words: measured twice a second or so, slow to praise, not quick to scold. */
import type { Quality } from '../contract'

/** What two successive getStats reports say together. */
export interface Reading {
  rttMs: number | null
  /** Lost share of packets, 0…1, the worse of the two directions. */
  loss: number
  /** Share of received sound that was invented, 0…1. */
  concealed: number
  /** Seconds of frozen picture in the window, per second. */
  frozen: number
}

type Word = Exclude<Quality, 'unknown'>
const ORDER: readonly Word[] = ['good', 'fair', 'weak']
/** So many readings in a row before the word gets worse, or better. */
const WORSE_AFTER = 2
const BETTER_AFTER = 4

/** The word for one reading alone. */
export function judge({ rttMs, loss, concealed, frozen }: Reading): Word {
  const rtt = rttMs ?? 0
  if (loss > 0.1 || rtt > 800 || concealed > 0.1 || frozen > 0.4) return 'weak'
  if (loss > 0.03 || rtt > 350 || concealed > 0.03 || frozen > 0.1) return 'fair'
  return 'good'
}

/** Hysteresis: a word changes only when several readings agree. */
export class QualityWords {
  private streak = 0
  private last: Word | null = null
  word: Quality = 'unknown'

  take(reading: Reading): Quality {
    const now = judge(reading)
    this.streak = now === this.last ? this.streak + 1 : 1
    this.last = now
    if (this.word === 'unknown') {
      // The first seconds hold what came before the first packet: nobody is scolded for that.
      if (now === 'good' || this.streak >= WORSE_AFTER) this.word = now
    } else if (now !== this.word) {
      const worse = ORDER.indexOf(now) > ORDER.indexOf(this.word)
      if (this.streak >= (worse ? WORSE_AFTER : BETTER_AFTER)) this.word = now
    }
    return this.word
  }

  reset(): void {
    this.streak = 0
    this.last = null
    this.word = 'unknown'
  }
}
