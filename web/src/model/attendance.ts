/** Whether somebody sits before this page: it was touched lately, and it is not hidden behind something else for long. */
import type { ReadonlySignal } from '@preact/signals'
import { signal } from '@preact/signals'

/** Longer than one reads or talks to somebody beside the desk, shorter than lunch. */
export const IDLE_MS = 10 * 60_000
/** A glance at another tab is no absence. */
export const HIDDEN_MS = 60_000

export interface Looks {
  touchedMs: number
  /** Null while the page is seen. */
  hiddenSinceMs: number | null
}

/** When nobody sits there any more, if nothing happens until then. */
export const leavesMs = ({ touchedMs, hiddenSinceMs }: Looks): number =>
  Math.min(touchedMs + IDLE_MS, hiddenSinceMs === null ? Infinity : hiddenSinceMs + HIDDEN_MS)

const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const

export class Attendance {
  private readonly is = signal(true)
  readonly here: ReadonlySignal<boolean> = this.is
  private looks: Looks = { touchedMs: Date.now(), hiddenSinceMs: null }
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    const touched = (): void => this.touched()
    for (const kind of TOUCHES) addEventListener(kind, touched, { capture: true, passive: true })
    document.addEventListener('visibilitychange', () => this.look())
    this.look()
  }

  /** Somebody did something here, or was in a call that is over now. */
  touched(): void {
    this.looks.touchedMs = Date.now()
    if (!this.is.peek()) this.judge()
  }

  private look(): void {
    const hidden = document.visibilityState === 'hidden'
    const now = Date.now()
    if (!hidden) this.looks = { touchedMs: now, hiddenSinceMs: null }
    else this.looks.hiddenSinceMs ??= now
    this.judge()
  }

  /** One timer, set for the time at which it would be so and set anew then: touches come by the hundred. */
  private judge(): void {
    clearTimeout(this.timer)
    const left = leavesMs(this.looks) - Date.now()
    this.is.value = left > 0
    if (left > 0) this.timer = setTimeout(() => this.judge(), left)
  }
}
