/**
 * Asks again where no answer came in that moment: only for what stays as it is when it is said again late, though
 * somebody did something else of it meanwhile. What has no such end is told as offline, and said anew by a person.
 */
import { Refusal } from './refusal'

/** A request that fell into an outage hangs; the next one goes by a connection of its own. */
export const ASK_MS = 4000
export const PAUSE_MS = 500
/** No further request after that: a device that changes from one Wi-Fi to another is back by then. */
export const PATIENCE_MS = 10_000

/** One after another, so that what is said later is heard later. `ask` ends by the signal it gets. */
export async function again<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(), ASK_MS)
    try {
      return await ask(over.signal)
    } catch (error) {
      const offline = error instanceof Refusal && error.code === 'offline'
      if (!offline || performance.now() + PAUSE_MS > until) throw error
    } finally {
      clearTimeout(timer)
    }
    await new Promise((on) => setTimeout(on, PAUSE_MS))
  }
}
