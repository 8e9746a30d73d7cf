/** When to try again: 100 ms doubled to 5 s, full jitter, so that a restarted server is not met by everybody at once. */

const FIRST_MS = 100
const LONGEST_MS = 5000
/** In a call nobody waits that long. */
const LONGEST_BRISK_MS = 1000
/** A connection that lived this long ends the doubling. */
export const HEALTHY_MS = 10_000

export class Backoff {
  private attempt = 0

  /** Somebody waits on the other side: at most a second between attempts. */
  brisk = false

  constructor(private readonly random: () => number = Math.random) {}

  /** Delay before the next attempt, ms. */
  next(): number {
    const ceiling = Math.min(this.brisk ? LONGEST_BRISK_MS : LONGEST_MS, FIRST_MS * 2 ** this.attempt)
    this.attempt = Math.min(this.attempt + 1, 16)
    return Math.round(this.random() * ceiling)
  }

  reset(): void {
    this.attempt = 0
  }
}
