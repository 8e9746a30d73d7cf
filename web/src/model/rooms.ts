/** All rooms that concern this person: snapshots and events in, views out. Knows neither socket nor DOM. */
import type { ReadonlySignal } from '@preact/signals'
import { batch, computed, signal } from '@preact/signals'
import type {
  ClientMessage,
  Member,
  PersonId,
  RoomEvent,
  RoomId,
  RoomState,
  ServerMessage,
  SessionId,
} from '../contract'
import { apply, isOpen, isSeated, memberOf } from './room'

/** The generated unions describe the wire; the model's types say what the server always writes. */
type Snapshot = { room: RoomState }

export interface RoomsInputs {
  person: ReadonlySignal<PersonId | null>
  session: ReadonlySignal<SessionId | null>
  /** The seat that is being moved to a new session of this tab: still ours meanwhile. */
  rejoining: ReadonlySignal<RoomId | null>
  send: (message: ClientMessage) => boolean
  /** After the event was applied; for sounds, stills, muting. */
  onEvent: (room: RoomState, event: RoomEvent, before: RoomState) => void
}

export class Rooms {
  private readonly all = signal<ReadonlyMap<RoomId, RoomState>>(new Map())
  private readonly asked = new Set<RoomId>()
  /** Open rooms that the server has not mentioned since the last welcome. */
  private stale = new Set<RoomId>()
  /** Rooms this tab sat in, or wanted to: their end is shown. */
  private readonly held = signal<readonly RoomId[]>([])

  readonly rooms: ReadonlySignal<ReadonlyMap<RoomId, RoomState>> = this.all
  readonly incoming: ReadonlySignal<readonly RoomState[]>
  readonly invitations: ReadonlySignal<readonly RoomState[]>
  readonly current: ReadonlySignal<RoomState | null>
  readonly self: ReadonlySignal<Member | null>
  readonly elsewhere: ReadonlySignal<RoomState | null>
  readonly summary: ReadonlySignal<RoomState | null>

  constructor(private readonly inputs: RoomsInputs) {
    const { person, session, rejoining } = inputs
    const mine = (room: RoomState): Member | null =>
      person.value === null ? null : memberOf(room, person.value)
    const open = computed(() =>
      [...this.all.value.values()].filter(isOpen).sort((a, b) => a.opened_at - b.opened_at),
    )
    this.incoming = computed(() =>
      open.value.filter((room) => room.kind === 'call' && mine(room)?.state === 'ringing'),
    )
    this.invitations = computed(() =>
      open.value.filter((room) => {
        const state = mine(room)?.state
        return room.kind === 'session' && (state === 'invited' || state === 'left')
      }),
    )
    const seated = computed(() =>
      open.value.filter((room) => {
        const member = mine(room)
        return member !== null && isSeated(member)
      }),
    )
    this.current = computed(
      () =>
        seated.value.find((room) => session.value !== null && mine(room)?.session === session.value) ??
        seated.value.find((room) => room.id === rejoining.value) ??
        null,
    )
    this.self = computed(() => (this.current.value ? mine(this.current.value) : null))
    this.elsewhere = computed(() => (this.current.value === null ? (seated.value.at(-1) ?? null) : null))
    this.summary = computed(() => {
      if (this.current.value !== null) return null
      const closed = this.held.value
        .map((id) => this.all.value.get(id))
        .filter((room): room is RoomState => room !== undefined && !isOpen(room))
      return closed.at(-1) ?? null
    })
  }

  /** This tab sits in `room` now, or asked for it: show how it ends. */
  hold(room: RoomId): void {
    if (!this.held.value.includes(room)) this.held.value = [...this.held.value, room]
  }

  dismissSummary(): void {
    this.held.value = this.held.value.filter((id) => {
      const room = this.all.value.get(id)
      return room !== undefined && isOpen(room)
    })
  }

  /** A new connection: what is not mentioned again before the first `presence` is asked for. */
  welcome(): void {
    this.asked.clear()
    this.stale = new Set([...this.all.value.values()].filter(isOpen).map((room) => room.id))
  }

  /** True when the message was about rooms. */
  take(message: ServerMessage): boolean {
    switch (message.type) {
      case 'room':
        this.replace((message as unknown as Snapshot).room)
        return true
      case 'room_event':
        this.change(message.room, message.ver, message.event as RoomEvent)
        return true
      case 'room_gone':
        this.asked.delete(message.room)
        this.stale.delete(message.room)
        this.drop(message.room)
        // Who left it to others hears of its end, but it is no news on their screen.
        this.held.value = this.held.value.filter((id) => id !== message.room)
        return true
      case 'presence':
        for (const room of this.stale) this.ask(room)
        this.stale = new Set()
        return false
      default:
        return false
    }
  }

  clear(): void {
    batch(() => {
      this.all.value = new Map()
      this.held.value = []
    })
    this.asked.clear()
    this.stale.clear()
  }

  private replace(room: RoomState): void {
    this.asked.delete(room.id)
    this.stale.delete(room.id)
    const known = this.all.value.get(room.id)
    if (known && known.ver > room.ver) return
    this.put(room)
  }

  private change(id: RoomId, ver: number, event: RoomEvent): void {
    this.stale.delete(id)
    const before = this.all.value.get(id)
    if (before && ver <= before.ver) return
    if (!before || ver !== before.ver + 1) {
      this.ask(id)
      return
    }
    const after = apply(before, event)
    this.put(after)
    this.inputs.onEvent(after, event, before)
  }

  private ask(room: RoomId): void {
    if (this.asked.has(room)) return
    if (this.inputs.send({ type: 'get_room', room })) this.asked.add(room)
  }

  private put(room: RoomState): void {
    this.all.value = new Map(this.all.value).set(room.id, room)
  }

  private drop(id: RoomId): void {
    if (!this.all.value.has(id)) return
    const rest = new Map(this.all.value)
    rest.delete(id)
    this.all.value = rest
  }
}
