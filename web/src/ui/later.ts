/** A screen whose code comes when it is needed, or a moment before. */
import { lazy } from 'preact-iso'

const FIRST_MS = 250
const LONGEST_MS = 5000

type Screen = Parameters<typeof lazy>[0]

/** As `lazy`, which takes one failure for good: a device that changed its network then had an empty page in a call. */
export const later = ((load: Screen) => lazy(() => untilThere(load))) as typeof lazy

/** Asks again, ever more slowly, until it comes. */
export async function untilThere<T>(load: () => Promise<T>): Promise<T> {
  for (let pauseMs = FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_MS)) {
    try {
      return await load()
    } catch {
      await new Promise((on) => setTimeout(on, pauseMs))
    }
  }
}
