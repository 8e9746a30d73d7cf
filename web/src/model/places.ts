/** Where else one is connected oneself, and how a call goes on there: one client asks, the other takes the seat. */
import type { ReadonlySignal } from '@preact/signals'
import { signal } from '@preact/signals'
import type { OwnClient, PersonId, RoomId, RoomState, ServerMessage, SessionId } from '../contract'
import { memberOf } from './room'

/** So long the other client may need for its camera and microphone; later it leaves the seat where it is. */
export const OFFER_MS = 15_000

export interface PlacesInputs {
  person: ReadonlySignal<PersonId | null>
  rooms: ReadonlySignal<ReadonlyMap<RoomId, RoomState>>
  capture: {
    microphone: ReadonlySignal<unknown>
    setMuted: (muted: boolean) => void
    setCameraOff: (off: boolean) => Promise<void>
    open: () => Promise<void>
  }
  join: (room: RoomId) => Promise<unknown>
  offer: (room: RoomId, to: SessionId) => Promise<void>
  nowMs: () => number
}

export class Places {
  private readonly told = signal<readonly OwnClient[]>([])
  private readonly coming_ = signal<RoomId | null>(null)
  private readonly asked_ = signal<OwnClient | null>(null)
  private timer: ReturnType<typeof setTimeout> | undefined
  private turn = 0
  /** Of the room that is `coming`. */
  private offered = false

  /** This person's other clients that are connected; tabs of this browser are not among them. */
  readonly clients: ReadonlySignal<readonly OwnClient[]> = this.told
  /** The room whose seat this client is about to take: camera and microphone open meanwhile. */
  readonly coming: ReadonlySignal<RoomId | null> = this.coming_
  /** Who was asked to go on with the call and has not taken it yet. */
  readonly asked: ReadonlySignal<OwnClient | null> = this.asked_
  /** Counts how often nobody came. */
  readonly inVain = signal(0)

  constructor(private readonly inputs: PlacesInputs) {}

  /** True when the message was about this. */
  take(message: ServerMessage): boolean {
    if (message.type === 'own_clients') this.told.value = message.clients
    else if (message.type === 'seat_offered')
      void this.come(message.room, { offered: true }).catch(() => undefined)
    else return false
    return true
  }

  /** A new connection: who else is there is told anew. */
  welcome(): void {
    this.told.value = []
  }

  /** Asks `to` to go on with the call. */
  async handOver(room: RoomId, to: SessionId): Promise<void> {
    await this.inputs.offer(room, to)
    this.asked_.value = this.told.value.find((one) => one.session === to) ?? null
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.asked_.value = null
      this.inVain.value += 1
    }, OFFER_MS)
  }

  /** The seat is here no more, or the call is over. */
  settled(): void {
    clearTimeout(this.timer)
    this.asked_.value = null
  }

  /** Goes on with the call here, muted or not as it was there. One that is offered needs a microphone first, and soon. */
  async come(room: RoomId, { offered }: { offered: boolean }): Promise<void> {
    const { person, rooms, capture, join, nowMs } = this.inputs
    // Whoever presses for it does not wait for an offer that hangs in the browser's question for the microphone.
    if (this.coming_.value !== null && (offered || !this.offered)) return
    const began = nowMs()
    const turn = ++this.turn
    this.offered = offered
    this.coming_.value = room
    try {
      const state = rooms.value.get(room)
      const seat = state && person.value !== null ? memberOf(state, person.value) : null
      if (seat) {
        capture.setMuted(seat.muted ?? false)
        await capture.setCameraOff(seat.camera_off ?? false)
      }
      if (offered) {
        await capture.open()
        if (turn !== this.turn || capture.microphone.value === null || nowMs() - began > OFFER_MS) return
      }
      await join(room)
    } finally {
      if (turn === this.turn) this.coming_.value = null
    }
  }
}
