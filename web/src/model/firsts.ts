/** Tells the server, once for each call and from the device that leads it, when the store was first seen and heard. */
import type { ReadonlySignal } from '@preact/signals'
import { effect, signal, untracked } from '@preact/signals'
import type { Member, PersonId, RoomState } from '../contract'
import type { Wish } from '../link/commands'
import { tabletIn } from './room'

/** So long a picture may be here before it is known whose call it is; of a call before, it was here for longer. */
const EARLY_MS = 5000

export interface FirstsInputs {
  current: ReadonlySignal<RoomState | null>
  self: ReadonlySignal<Member | null>
  /** Since when sound of whom is played, performance.now(). */
  heard: ReadonlySignal<ReadonlyMap<PersonId, number>>
  issue: (wish: Wish, options?: { pressedMs?: number }) => Promise<unknown>
}

export class Firsts {
  private readonly told = new Set<string>()
  /** The picture that began to be shown and was not told, and when; performance.now(). */
  private readonly seen = signal<{ of: PersonId; atMs: number } | null>(null)

  constructor(private readonly inputs: FirstsInputs) {
    effect(() => {
      const tablet = this.lead()
      const sinceMs = tablet === null ? null : inputs.heard.value.get(tablet)
      if (sinceMs !== null && sinceMs !== undefined) untracked(() => this.tell('first_audio', sinceMs))
    })
    effect(() => {
      const [tablet, seen] = [this.lead(), this.seen.value]
      if (seen === null || seen.of !== tablet || performance.now() - seen.atMs > EARLY_MS) return
      untracked(() => this.tell('first_frame', seen.atMs))
      this.seen.value = null
    })
  }

  /** A picture of somebody is shown, now. */
  saw(of: PersonId): void {
    performance.mark(`passline:first-frame:${of}`)
    this.seen.value = { of, atMs: performance.now() }
  }

  /** The store's tablet, if this is a call that we lead. */
  private lead(): PersonId | null {
    const room = this.inputs.current.value
    if (!room?.call || !this.inputs.self.value?.host) return null
    return tabletIn(room)?.person.id ?? null
  }

  private tell(type: 'first_frame' | 'first_audio', pressedMs: number): void {
    const room = this.inputs.current.peek()?.id
    if (room === undefined || this.told.has(`${type}/${room}`)) return
    this.told.add(`${type}/${room}`)
    void this.inputs.issue({ type, room, age_ms: 0 }, { pressedMs }).catch(() => undefined)
  }
}
