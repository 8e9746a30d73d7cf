/** Asks again where the network failed in that moment: for what the server does once, however often it hears of it. */
import { Refusal } from './refusal'

export const EVERY_MS = 500
/** A device that changes from one Wi-Fi to another is back by then; who waits longer is told. */
export const PATIENCE_MS = 5000

/** One after another, never two at once: an earlier one that arrives late must not undo what was said since. */
export async function again<T>(ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const offline = error instanceof Refusal && error.code === 'offline'
      if (!offline || performance.now() + EVERY_MS > until) throw error
    }
    await new Promise((on) => setTimeout(on, EVERY_MS))
  }
}
