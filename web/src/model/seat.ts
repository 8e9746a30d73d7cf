/**
 * Finds the way back into a room after a reload, a reopened page, or a server that forgot this tab's session.
 *
 * The tab that sits in a room holds a Web Lock for it and leaves a note in localStorage of the session that has the seat. A
 * page that finds itself seated under another session takes the seat only if that session is the noted one, so of a page
 * of this browser, and no living tab holds the lock; everybody else is shown that the room goes on elsewhere. A page that
 * lost the seat while it lived never takes it back by itself: somebody went on with the call at another device.
 */
import type { ReadonlySignal } from '@preact/signals'
import { computed, effect, signal } from '@preact/signals'
import type { RoomId, RoomState, SessionId } from '../contract'
import { holdLock, tryLock } from '../link/lock'

const NOTE = 'passline.seat'
/** `done` may come a moment before the event that says so. */
const EVENT_MS = 3000

export interface SeatInputs {
  current: ReadonlySignal<RoomState | null>
  elsewhere: ReadonlySignal<RoomState | null>
  /** Sends `join_room`; rejects when refused. */
  join: (room: RoomId) => Promise<unknown>
  /** Reads signals: this tab's session has the seat. */
  holds: (room: RoomId) => boolean
  /** The session that has this person's seat in `room`. */
  heldBy: (room: RoomState) => SessionId | null
}

export class Seat {
  /** The room whose seat is being moved to this tab's new session. */
  readonly rejoining = signal<RoomId | null>(null)
  private lock: { room: RoomId; release: () => void } | null = null
  /** The room whose seat went to another client while this page lived. */
  private yielded: RoomId | null = null

  /** Watches `current`; call once. */
  follow({ current, elsewhere, heldBy }: SeatInputs): void {
    const locked = signal<RoomId | null>(null)
    // Not before the lock: a tab of this browser that hears of the seat in between would take it.
    const noted = computed(() => {
      const room = current.value
      return room === null || locked.value !== room.id ? null : note(room, heldBy(room))
    })
    effect(() => {
      if (noted.value !== null) localStorage.setItem(NOTE, noted.value)
    })
    const seated = computed(() => current.value?.id ?? null)
    effect(() => {
      const room = seated.value
      const before = this.lock?.room ?? null
      if (room === before) return
      this.yielded = room === null && elsewhere.peek()?.id === before ? before : null
      this.lock?.release()
      this.lock = locked.value = null
      if (room === null) return
      const lock = holdLock(`${NOTE}.${room}`)
      this.lock = { room, release: lock.release }
      lock.onHeld(() => {
        locked.value = room
      })
    })
  }

  /** The server gave this page a new session while it sat in `room`. */
  async regain(room: RoomId, inputs: SeatInputs): Promise<void> {
    this.rejoining.value = room
    await this.join(room, inputs)
  }

  /** After the rooms of a welcome have arrived: is one of them ours to return to? */
  async look(inputs: SeatInputs): Promise<boolean> {
    const found = inputs.elsewhere.value
    if (found === null || this.rejoining.value !== null || this.yielded === found.id) return false
    if (localStorage.getItem(NOTE) !== note(found, inputs.heldBy(found))) return false
    const room = found.id
    const lock = await tryLock(`${NOTE}.${room}`)
    if (!lock) return false
    lock.release()
    this.rejoining.value = room
    await this.join(room, inputs)
    return true
  }

  forget(): void {
    localStorage.removeItem(NOTE)
    this.rejoining.value = null
    this.yielded = null
  }

  private async join(room: RoomId, inputs: SeatInputs): Promise<void> {
    try {
      await inputs.join(room)
      await whenTrue(() => inputs.holds(room), EVENT_MS)
    } catch {
      // Over, or refused: the room's own state says so on screen.
    } finally {
      if (this.rejoining.value === room) this.rejoining.value = null
    }
  }
}

const note = (room: RoomState, by: SessionId | null): string => `${room.id} ${by}`

/** Resolves when `test` (which reads signals) is true, or after `ms`. */
function whenTrue(test: () => boolean, ms: number): Promise<void> {
  return new Promise((resolve) => {
    let stop = () => {}
    const end = () => {
      clearTimeout(timer)
      stop()
      resolve()
    }
    const timer = setTimeout(end, ms)
    stop = effect(() => {
      if (test()) queueMicrotask(end)
    })
  })
}
