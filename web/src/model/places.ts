/** Where else one is connected oneself, and how a call goes on there: one client asks, the other takes the seat. */
import type { ReadonlySignal } from '@preact/signals'
import { signal } from '@preact/signals'
import type { OwnClient, PersonId, RoomId, RoomState, ServerMessage, SessionId } from '../contract'
import { isOpen, memberOf } from './room'

/** So long the other client asks whoever holds it; then the call stays where it is. */
export const OFFER_MS = 30_000
/** So long the seat waits for the microphone, and no longer: the browser may be asking about it. */
export const READY_MS = 3000

export interface PlacesInputs {
  person: ReadonlySignal<PersonId | null>
  rooms: ReadonlySignal<ReadonlyMap<RoomId, RoomState>>
  capture: {
    setMuted: (muted: boolean) => void
    setCameraOff: (off: boolean) => Promise<void>
    open: () => Promise<void>
  }
  join: (room: RoomId) => Promise<unknown>
  offer: (room: RoomId, to: SessionId) => Promise<void>
  /** Something asks for attention. */
  knock: () => void
}

export class Places {
  private readonly told = signal<readonly OwnClient[]>([])
  private readonly coming_ = signal<RoomId | null>(null)
  private readonly asked_ = signal<OwnClient | null>(null)
  private readonly offered_ = signal<RoomId | null>(null)
  private timer: ReturnType<typeof setTimeout> | undefined
  private offer: ReturnType<typeof setTimeout> | undefined

  /** This person's other clients that are connected; tabs of this browser are not among them. */
  readonly clients: ReadonlySignal<readonly OwnClient[]> = this.told
  /** The room whose seat this client is about to take: camera and microphone open meanwhile. */
  readonly coming: ReadonlySignal<RoomId | null> = this.coming_
  /** The room with which this client was asked to go on. Nothing opens before somebody presses for it here. */
  readonly offered: ReadonlySignal<RoomId | null> = this.offered_
  /** Who was asked to go on with the call and has not taken it yet. */
  readonly asked: ReadonlySignal<OwnClient | null> = this.asked_
  /** Counts how often nobody came. */
  readonly inVain = signal(0)

  constructor(private readonly inputs: PlacesInputs) {}

  /** True when the message was about this. */
  take(message: ServerMessage): boolean {
    if (message.type === 'own_clients') this.told.value = message.clients
    else if (message.type === 'seat_offered') this.ask(message.room)
    else return false
    return true
  }

  private ask(room: RoomId): void {
    clearTimeout(this.offer)
    this.offer = setTimeout(() => this.decline(), OFFER_MS)
    if (this.offered_.value === room) return
    this.offered_.value = room
    this.inputs.knock()
  }

  /** Not here, or too late. */
  decline(): void {
    clearTimeout(this.offer)
    this.offered_.value = null
  }

  /** A new connection: who else is there is told anew. */
  welcome(): void {
    this.told.value = []
  }

  /** Asks `to` to go on with the call. */
  async handOver(room: RoomId, to: SessionId): Promise<void> {
    await this.inputs.offer(room, to)
    if (this.moved(room, to)) return // the answer came late, by another connection
    this.asked_.value = this.told.value.find((one) => one.session === to) ?? null
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.asked_.value = null
      this.inVain.value += 1
    }, OFFER_MS)
  }

  /** Whether the call that was to be handed over goes on elsewhere, or is over, by now. */
  private moved(room: RoomId, to: SessionId): boolean {
    const state = this.inputs.rooms.value.get(room)
    const person = this.inputs.person.value
    return !state || !isOpen(state) || (person !== null && memberOf(state, person)?.session === to)
  }

  /** The seat is here no more, or the call is over. */
  settled(): void {
    clearTimeout(this.timer)
    this.asked_.value = null
  }

  /** Goes on with the call here, muted or not as it was there; somebody pressed for it. */
  async come(room: RoomId): Promise<void> {
    const { person, rooms, capture, join } = this.inputs
    this.decline()
    if (this.coming_.value !== null) return
    this.coming_.value = room
    try {
      const state = rooms.value.get(room)
      const seat = state && person.value !== null ? memberOf(state, person.value) : null
      if (seat) {
        capture.setMuted(seat.muted ?? false)
        await capture.setCameraOff(seat.camera_off ?? false)
      }
      await Promise.race([capture.open(), new Promise((done) => setTimeout(done, READY_MS))])
      await join(room)
    } finally {
      this.coming_.value = null
    }
  }
}
