/** A steady beat that a hidden tab keeps. */
import script from './ticker.worker.ts?worker&url'
import { trustedScript } from './trusted'

export interface Ticker {
  /** Calls back every `periodMs` until stopped or started again. */
  start(periodMs: number, beat: () => void): void
  stop(): void
}

/** A beat from a worker; from the page itself where workers are refused. */
export function createTicker(): Ticker {
  let worker: Worker | null = null
  let timer: ReturnType<typeof setInterval> | undefined
  try {
    worker = new Worker(trustedScript(script), { type: 'module' })
    worker.onerror = () => {
      worker = null
    }
  } catch {
    worker = null
  }
  return {
    start(periodMs, beat) {
      clearInterval(timer)
      if (worker) {
        worker.onmessage = beat
        worker.postMessage(periodMs)
      } else {
        timer = setInterval(beat, periodMs)
      }
    },
    stop() {
      clearInterval(timer)
      worker?.postMessage(0)
    },
  }
}
