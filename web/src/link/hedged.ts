/** Asks again beside a request that is not answered: one that fell into an outage is repeated by TCP only seconds later. */
import { Refusal } from './refusal'

/** An answer takes two or three round trips: on a bad link a second, so that the first request often still wins. */
export const EVERY_MS = 1000
/** A browser opens six connections to a host; one is left for others. */
export const MOST = 5

/** Not even a refusal came. */
export class Unanswered extends Refusal {
  constructor() {
    super('offline', 'no answer')
  }
}

/**
 * The first answer counts, be it a refusal; the other requests are given up by the signal they got. Rejects with
 * `offline` when all of them failed, with `Unanswered` when none was answered in MOST times EVERY_MS.
 */
export function hedged<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = new AbortController()
    let asked = 0
    let open = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = (finish: () => void) => {
      clearTimeout(timer)
      finish()
      over.abort()
    }
    const failed = (error: unknown) => {
      open--
      const answered = !(error instanceof Refusal) || error.code !== 'offline'
      if (answered || open === 0) end(() => reject(error as Error))
    }
    const next = () => {
      if (asked === MOST) {
        end(() => reject(new Unanswered()))
        return
      }
      asked++
      open++
      ask(over.signal).then((value) => end(() => resolve(value)), failed)
      timer = setTimeout(next, EVERY_MS)
    }
    next()
  })
}
