/** The server's clock as seen from here: offset from `welcome` and `pong`, best of the fastest round trips. */
import { signal } from '@preact/signals'

/** A reading older than this no longer counts as the best. */
const MEMORY_MS = 60_000

export class ServerClock {
  private offsetMs = 0
  private bestRttMs = Infinity
  private bestAtMs = -Infinity
  readonly tick = signal(Date.now())

  constructor(
    private readonly wall: () => number = () => Date.now(),
    private readonly mono: () => number = () => performance.now(),
  ) {}

  /** `serverMs` was read on the server between sending at `sentMs` and now (both performance.now()). */
  reading(serverMs: number, sentMs: number): void {
    const now = this.mono()
    const rtt = Math.max(0, now - sentMs)
    if (rtt > this.bestRttMs && now - this.bestAtMs < MEMORY_MS) return
    this.bestRttMs = rtt
    this.bestAtMs = now
    this.offsetMs = serverMs + rtt / 2 - this.wall()
  }

  /** UTC ms on the server's clock. */
  now(): number {
    return this.wall() + this.offsetMs
  }

  refresh(): void {
    this.tick.value = this.now()
  }
}
