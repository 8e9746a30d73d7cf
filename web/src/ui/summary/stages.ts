/** The stages of a call one after the other, and how long each took. */
import type { Timings } from '../../contract'

export type Stage = 'ring' | 'answer' | 'connected' | 'first_frame'

/** ms of each stage that happened, from the one before it; never negative. */
export function stages(timings: Timings): { key: Stage; ms: number }[] {
  const marks: [Stage, number | null | undefined][] = [
    ['ring', timings.ring],
    ['answer', timings.answer],
    ['connected', timings.connected],
    ['first_frame', timings.first_frame],
  ]
  const found: { key: Stage; ms: number }[] = []
  let before = timings.tap
  for (const [key, at] of marks) {
    if (at === null || at === undefined) continue
    found.push({ key, ms: Math.max(0, at - before) })
    before = Math.max(before, at)
  }
  return found
}
