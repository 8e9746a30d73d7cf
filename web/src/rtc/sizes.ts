/** How large every picture is shown, so that the server sends no larger one than somebody sees. */
import type { ClientData, PersonId, Source } from '../contract'

export type Step = Extract<ClientData, { type: 'slot_size' }>['px']

const STEPS: readonly Step[] = [180, 360, 720]

/** The step for a picture whose shorter side has so many pixels of the screen. */
export function stepOf(px: number): Step {
  return STEPS.find((step) => px <= step) ?? 720
}

export class Sizes {
  private readonly shown = new Map<Element, { key: string; px: number }>()
  private readonly observer: ResizeObserver | null

  /** `changed` is called whenever `of` may say something else. */
  constructor(private readonly changed: () => void) {
    this.observer =
      'ResizeObserver' in globalThis
        ? new ResizeObserver((entries) => {
            for (const { target, contentRect } of entries) this.resize(target, contentRect)
          })
        : null
  }

  /** `element` shows this picture until the undo is called. */
  watch(element: Element, person: PersonId, source: Source): () => void {
    this.shown.set(element, { key: keyOf(person, source), px: 0 })
    this.observer?.observe(element)
    return () => {
      this.observer?.unobserve(element)
      this.shown.delete(element)
      this.changed()
    }
  }

  /** The largest at which it is shown; null while no element shows it. */
  of(person: PersonId, source: Source): Step | null {
    const key = keyOf(person, source)
    const px = Math.max(0, ...[...this.shown.values()].filter((one) => one.key === key).map((one) => one.px))
    return px > 0 ? stepOf(px) : null
  }

  private resize(element: Element, { width, height }: { width: number; height: number }): void {
    const one = this.shown.get(element)
    if (!one) return
    one.px = Math.min(width, height) * (globalThis.devicePixelRatio || 1)
    this.changed()
  }
}

function keyOf(person: PersonId, source: Source): string {
  return `${source} ${person}`
}
