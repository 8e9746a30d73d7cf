/** Stores that are to be called back, as far as this person is concerned; and how a store books it. */
import { computed, signal } from '@preact/signals'
import type { BookCallback, Callback, CallbackSlots, RoomId, ServerMessage } from '../contract'
import { again } from '../link/again'
import { call } from '../link/http'
import { uuid7 } from '../link/uuid'
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

const pathOf = (room: RoomId, act: string): string => `/api/callbacks/${encodeURIComponent(room)}/${act}`

/** For who has it; somebody else may have done the opposite by the time it is said again. */
const change = async (room: RoomId, act: 'take' | 'reopen'): Promise<void> => {
  await call<Callback>('POST', pathOf(room, act))
}

/** Nothing follows on its end. */
const end = async (room: RoomId, act: 'done' | 'cancel'): Promise<void> => {
  await again((signal) => call<Callback>('POST', pathOf(room, act), { signal }))
}

export const callbackActs: Pick<
  Model,
  'takeCallback' | 'reopenCallback' | 'finishCallback' | 'callbackSlots' | 'bookCallback' | 'cancelCallback'
> = {
  takeCallback: (room) => change(room, 'take'),
  reopenCallback: (room) => change(room, 'reopen'),
  finishCallback: (room) => end(room, 'done'),
  callbackSlots: async (reason) => {
    const found = await call<CallbackSlots>('GET', `/api/callback-slots?reason=${reason}`)
    return found.slots
  },
  bookCallback: async (reason, at, note) => {
    const body: BookCallback = { cid: uuid7(), reason, at, note }
    await again((signal) => call<Callback>('POST', '/api/callbacks', { body, signal }))
  },
  cancelCallback: (room) => end(room, 'cancel'),
}
