/** What tablets found out about themselves, as those who answer for stores read it. */
import type { ReadonlySignal } from '@preact/signals'
import { signal } from '@preact/signals'
import type { ChainHealth, PersonId, SelfTestWindow, ServerMessage } from '../contract'
import { call } from '../link/http'

export interface Health {
  /** The worst first; `all`: also those without findings. */
  get(all: boolean): Promise<ChainHealth>
  /** Has a tablet look now; what it finds comes as `told`. Refusals: conflict when it is away or in a call. */
  runNow(tablet: PersonId): Promise<void>
  setWindow(window: SelfTestWindow): Promise<void>
  /** The last report that came while this page was open; a new object each time. */
  told: ReadonlySignal<{ tablet: PersonId; abandoned: boolean } | null>
}

/** A night's reports come one after the other: they are counted together. */
export const COUNT_MS = 20_000

export class LiveHealth implements Health {
  readonly told = signal<{ tablet: PersonId; abandoned: boolean } | null>(null)
  /** Stores that will fail tomorrow; null while nobody asked. */
  readonly failing = signal<number | null>(null)
  private timer: ReturnType<typeof setTimeout> | undefined
  private countedMs = -Infinity

  get(all: boolean): Promise<ChainHealth> {
    return this.ask(`all=${all}`)
  }

  private async ask(query: string): Promise<ChainHealth> {
    const found = await call<ChainHealth>('GET', `/api/self-tests?${query}`)
    this.failing.value = found.failing
    return found
  }

  runNow(tablet: PersonId): Promise<void> {
    return call('POST', `/api/devices/${encodeURIComponent(tablet)}/self-test`)
  }

  setWindow(body: SelfTestWindow): Promise<void> {
    return call('PUT', '/api/self-tests/window', { body })
  }

  /** Counts them again, at most once in a few seconds. */
  count(): void {
    if (this.timer !== undefined) return
    const waitMs = Math.max(0, this.countedMs + COUNT_MS - performance.now())
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.countedMs = performance.now()
      void this.ask('count=true').catch(() => undefined)
    }, waitMs)
  }

  /** Whether the message was about this. */
  take(message: ServerMessage): boolean {
    if (message.type !== 'self_tested') return false
    this.told.value = { tablet: message.tablet, abandoned: message.abandoned }
    if (!message.abandoned) this.count()
    return true
  }

  clear(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.told.value = null
    this.failing.value = null
  }
}
