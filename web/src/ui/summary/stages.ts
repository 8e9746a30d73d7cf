/** The stages of a call, and how long each took. */
import type { Timings } from '../../contract'

export type Stage = 'ring' | 'answer' | 'connected' | 'first_frame' | 'first_audio'

/** ms of each stage that happened, never negative: until the answer from the one before, then from the answer. */
export function stages({ tap, ring, answer, ...after }: Timings): { key: Stage; ms: number }[] {
  const marks: [Stage, number | null | undefined, number | null | undefined][] = [
    ['ring', tap, ring],
    ['answer', ring ?? tap, answer],
    ['connected', answer, after.connected],
    ['first_frame', answer, after.first_frame],
    ['first_audio', answer, after.first_audio],
  ]
  return marks.flatMap(([key, since, at]) =>
    typeof since === 'number' && typeof at === 'number' ? [{ key, ms: Math.max(0, at - since) }] : [],
  )
}
