/** The calls that wait, as far as this person is concerned, in their order; and the one that breaks in. */
import type { ReadonlySignal } from '@preact/signals'
import { computed, effect, signal } from '@preact/signals'
import type { PersonId, QueuedCall, RoomId, RoomState, ServerMessage } from '../contract'
import type { Wish } from '../link/commands'
import { handSound } from '../rtc/sound'
import type { Model } from './api'

export interface Queued {
  calls: readonly QueuedCall[]
  /** How many wait behind these. */
  more: number
}

export interface QueueInputs {
  person: ReadonlySignal<PersonId | null>
  current: ReadonlySignal<RoomState | null>
  /** Server's clock, UTC ms. */
  tick: ReadonlySignal<number>
}

const NOBODY: Queued = { calls: [], more: 0 }

export class Queue {
  readonly waiting = signal<Queued>(NOBODY)
  private readonly dismissed = signal<readonly RoomId[]>([])
  urgent: ReadonlySignal<QueuedCall | null> = signal(null)

  /** What is urgent is found, and heard once and softly, while this tab sits in a call; call once. */
  follow({ person, current, tick }: QueueInputs): void {
    this.urgent = computed(() => {
      const me = person.value
      const host = current.value?.members.find((member) => member.person.id === me)?.host ?? false
      if (me === null || current.value?.kind !== 'call' || !host) return null
      const breaks = this.waiting.value.calls.find(
        ({ room, break_at, experts }) =>
          typeof break_at === 'number' && experts.includes(me) && !this.dismissed.value.includes(room),
      )
      return breaks && tick.value >= breaks.break_at! ? breaks : null
    })
    const room = computed(() => this.urgent.value?.room ?? null)
    effect(() => {
      if (room.value !== null) handSound()
    })
  }

  /** True when the message was about the queue. */
  take(message: ServerMessage): boolean {
    if (message.type !== 'queue') return false
    this.waiting.value = { calls: message.calls, more: message.more ?? 0 }
    return true
  }

  dismiss(room: RoomId): void {
    this.dismissed.value = [...this.dismissed.value, room]
  }

  clear(): void {
    this.waiting.value = NOBODY
    this.dismissed.value = []
  }
}

export const queueActs = (
  wish: (command: Wish) => Promise<void>,
): Pick<Model, 'askCallback' | 'markUrgent' | 'takeCall'> => ({
  askCallback: (room: RoomId) => wish({ type: 'ask_callback', room }),
  markUrgent: (room: RoomId) => wish({ type: 'mark_urgent', room }),
  takeCall: (room: RoomId) => wish({ type: 'take_call', room }),
})
