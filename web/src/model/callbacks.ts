/** Stores that are to be called back, as far as this person is concerned; and how a store books it. */
import { computed, signal } from '@preact/signals'
import type { BookCallback, Callback, CallbackSlots, RoomId, ServerMessage } from '../contract'
import { again } from '../link/again'
import { call } from '../link/http'
import type { Model } from './api'

/** The generated union describes the wire; a callback's defaults are always written. */
type Told = { items: Callback[]; all: boolean }

export class Callbacks {
  private readonly known = signal<ReadonlyMap<RoomId, Callback>>(new Map())

  /** Those that are not done, in the order in which they are due. */
  readonly due = computed(() =>
    [...this.known.value.values()]
      .filter((item) => item.state !== 'done')
      .sort((a, b) => a.due_at - b.due_at || a.rung_at - b.rung_at),
  )

  /** True when the message was about callbacks. */
  take(message: ServerMessage): boolean {
    if (message.type !== 'callbacks') return false
    const { items, all } = message as unknown as Told
    const next = new Map(all ? [] : this.known.value)
    for (const item of items) next.set(item.room, item)
    this.known.value = next
    return true
  }

  clear(): void {
    this.known.value = new Map()
  }
}

const post = async (path: string, body?: BookCallback): Promise<void> => {
  await again((signal) => call<Callback>('POST', path, { body, signal }))
}

const change = (room: RoomId, act: 'take' | 'reopen' | 'done' | 'cancel'): Promise<void> =>
  post(`/api/callbacks/${encodeURIComponent(room)}/${act}`)

export const callbackActs: Pick<
  Model,
  'takeCallback' | 'reopenCallback' | 'finishCallback' | 'callbackSlots' | 'bookCallback' | 'cancelCallback'
> = {
  takeCallback: (room) => change(room, 'take'),
  reopenCallback: (room) => change(room, 'reopen'),
  finishCallback: (room) => change(room, 'done'),
  callbackSlots: async (reason) => {
    const found = await call<CallbackSlots>('GET', `/api/callback-slots?reason=${reason}`)
    return found.slots
  },
  bookCallback: (reason, at, note) => post('/api/callbacks', { reason, at, note }),
  cancelCallback: (room) => change(room, 'cancel'),
}
