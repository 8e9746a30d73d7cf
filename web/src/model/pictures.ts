/** Ties <video> elements to what arrives, and notices the first frame. */
import type { ReadonlySignal } from '@preact/signals'
import { effect } from '@preact/signals'
import type { PersonId, Source } from '../contract'
import { nextFrame } from '../rtc/firstframe'
import type { Remote } from '../rtc/remote'
import type { Sizes } from '../rtc/sizes'

function show(element: HTMLVideoElement, stream: MediaStream | null): void {
  element.muted = true
  element.playsInline = true
  element.autoplay = true
  if (element.srcObject !== stream) element.srcObject = stream
  // Also of what was tied before: while it rang nobody had touched the page, without which a browser may refuse to play.
  if (stream && element.paused) void element.play().catch(() => undefined)
}

/**
 * The element that will show who is expected, tied and playing while it still rings: a browser takes tens of
 * milliseconds to make a player, and a picture that comes before it is lost.
 */
export class Warm {
  private held: { person: PersonId; element: HTMLVideoElement } | null = null
  private made: HTMLVideoElement | null = null

  constructor(remote: Remote) {
    effect(() => {
      const expected = remote.expected.value
      // Drawn already, it needs no second.
      if (expected && this.made?.srcObject === expected.camera) return
      if (this.held) this.held.element.srcObject = null
      this.made = expected && document.createElement('video')
      this.held = expected && { person: expected.person, element: this.made! }
      if (expected) show(this.made!, expected.camera)
    })
  }

  /** For whoever draws the picture of `person`: the one that waits, once, or a new one. */
  take(person: PersonId): HTMLVideoElement {
    if (this.held?.person !== person) return document.createElement('video')
    const { element } = this.held
    this.held = null
    return element
  }
}

/**
 * Shows `person` in `element` for as long as the undo is not called; `onFrame` at the first frame of each new stream.
 *
 * While nothing comes the last picture stays: whoever draws it says that it stands still.
 */
export function bindRemote(
  element: HTMLVideoElement,
  remote: Remote,
  sizes: Sizes,
  person: PersonId,
  source: Source,
  onFrame: () => void,
): () => void {
  let shown: MediaStream | null = null
  let undo: (() => void) | null = null
  const stop = effect(() => {
    const stream =
      source === 'screen' ? (remote.people.value.get(person)?.screen ?? null) : remote.cameraOf(person)
    if (stream === null && shown !== null) return
    if (stream === shown && element.srcObject === stream) return
    shown = stream
    undo?.()
    show(element, stream)
    undo = stream ? nextFrame(element, onFrame) : null
  })
  const unseen = sizes.watch(element, person, source)
  return () => {
    stop()
    unseen()
    undo?.()
    element.srcObject = null
  }
}

export function bindLocal(
  element: HTMLVideoElement,
  preview: ReadonlySignal<MediaStream | null>,
): () => void {
  const stop = effect(() => show(element, preview.value))
  return () => {
    stop()
    element.srcObject = null
  }
}
