/**
 * Notices a media worker that fell silent long before ICE does. Pure.
 *
 * A live worker sends reports to every publisher about each second, whatever the others do; so no byte at all for
 * `SILENT_MS` means that the way to it is gone. Each connection is given up once; before its first bytes it proves nothing.
 */

const SILENT_MS = 3000

export class Liveness {
  private bytes = 0
  private changedMs: number | null = null
  private told = false

  /** `bytes` received in all, `now` performance.now(); true once, when the silence is too long. */
  take(bytes: number, now: number): boolean {
    if (bytes > this.bytes) {
      this.bytes = bytes
      this.changedMs = now
      this.told = false
      return false
    }
    if (this.changedMs === null || this.told || now - this.changedMs < SILENT_MS) return false
    this.told = true
    return true
  }

  /** The page slept, or we publish nothing: silence until now says nothing. */
  excuse(now: number): void {
    if (this.changedMs !== null) this.changedMs = now
  }
}
