/**
 * How several pictures play on one clock. Pure.
 *
 * Every 100 ms each picture's error is e = its position − where it should be. Below 15 ms nothing is touched; up to
 * half a second its rate bends against the error; beyond that it jumps.
 */

export const STEP_MS = 100
const QUIET_S = 0.015
const JUMP_S = 0.5
const GAIN = 0.8
const MOST_BEND = 0.08

export type Correction = { kind: 'keep' } | { kind: 'rate'; rate: number } | { kind: 'seek'; to: number }

/** What to do with a picture at `position` that should be at `wanted` (both seconds in its file) playing at `rate`. */
export function correct(position: number, wanted: number, rate: number): Correction {
  const e = position - wanted
  if (Math.abs(e) > JUMP_S) return { kind: 'seek', to: wanted }
  if (Math.abs(e) < QUIET_S) return { kind: 'keep' }
  const bend = Math.max(-MOST_BEND, Math.min(MOST_BEND, GAIN * e))
  return { kind: 'rate', rate: rate * (1 - bend) }
}

/** The one clock: a position that runs at `rate` while playing and stands while paused or waiting for data. */
export class Timeline {
  private base = 0
  private sinceMs = 0
  private running = false
  private speed = 1

  constructor(
    readonly durationS: number,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get t(): number {
    const moved = this.running ? ((this.clock() - this.sinceMs) / 1000) * this.speed : 0
    return Math.min(this.durationS, this.base + moved)
  }

  get rate(): number {
    return this.speed
  }

  get isRunning(): boolean {
    return this.running
  }

  get atEnd(): boolean {
    return this.t >= this.durationS
  }

  run(): void {
    if (this.running) return
    this.sinceMs = this.clock()
    this.running = true
  }

  hold(): void {
    this.base = this.t
    this.running = false
  }

  seek(t: number): void {
    this.base = Math.max(0, Math.min(this.durationS, t))
    this.sinceMs = this.clock()
  }

  setRate(rate: number): void {
    this.base = this.t
    this.sinceMs = this.clock()
    this.speed = Math.max(0.5, Math.min(2, rate))
  }
}
