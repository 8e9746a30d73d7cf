/** The pointers seen a moment ago, one's own included: kept as long as a screen draws their trail. */
import { signal } from '@preact/signals'
import type { PersonId } from '../contract'

export interface Pointer {
  by: PersonId
  on: PersonId
  x: number
  y: number
  atMs: number
}

export const POINTER_MS = 1200
const MOST_POINTERS = 120
const POINT_EVERY_MS = 33

export class Pointers {
  readonly seen = signal<readonly Pointer[]>([])
  private prune: ReturnType<typeof setTimeout> | undefined
  private lastPointMs = 0

  add(pointer: Pointer): void {
    const fresh = this.seen.value.filter(({ atMs }) => pointer.atMs - atMs < POINTER_MS)
    this.seen.value = [...fresh, pointer].slice(-MOST_POINTERS)
    clearTimeout(this.prune)
    this.prune = setTimeout(() => this.clear(), POINTER_MS)
  }

  /** An own position, in fractions of the frame; null when it follows the last one too closely to be sent. */
  own(by: PersonId, on: PersonId, x: number, y: number): Pointer | null {
    const atMs = performance.now()
    if (atMs - this.lastPointMs < POINT_EVERY_MS) return null
    this.lastPointMs = atMs
    const inside = (value: number) => Math.max(0, Math.min(1, value))
    const pointer = { by, on, x: inside(x), y: inside(y), atMs }
    this.add(pointer)
    return pointer
  }

  clear(): void {
    this.seen.value = []
  }
}
