/** The calls that wait, as far as this person is concerned, in their order. */
import { signal } from '@preact/signals'
import type { QueuedCall, RoomId, ServerMessage } from '../contract'
import type { Wish } from '../link/commands'
import type { Model } from './api'

export interface Queued {
  calls: readonly QueuedCall[]
  /** How many wait behind these. */
  more: number
}

const NOBODY: Queued = { calls: [], more: 0 }

export class Queue {
  readonly waiting = signal<Queued>(NOBODY)

  /** True when the message was about the queue. */
  take(message: ServerMessage): boolean {
    if (message.type !== 'queue') return false
    this.waiting.value = { calls: message.calls, more: message.more ?? 0 }
    return true
  }

  clear(): void {
    this.waiting.value = NOBODY
  }
}

export const queueActs = (
  wish: (command: Wish) => Promise<void>,
): Pick<Model, 'askCallback' | 'takeCall'> => ({
  askCallback: (room: RoomId) => wish({ type: 'ask_callback', room }),
  takeCall: (room: RoomId) => wish({ type: 'take_call', room }),
})
