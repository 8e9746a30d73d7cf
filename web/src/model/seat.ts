/**
 * Finds the way back into a room after a reload, a reopened page, or a server that forgot this tab's session.
 *
 * The tab that sits in a room holds a Web Lock for it and leaves a note in localStorage. A page that finds itself seated
 * under another session takes the seat only if the note is this browser's and no living tab holds the lock; everybody
 * else is shown that the room goes on elsewhere.
 */
import type { ReadonlySignal } from '@preact/signals'
import { effect, signal } from '@preact/signals'
import type { RoomId, RoomState } from '../contract'
import { tryLock } from '../link/lock'

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
}

export class Seat {
  /** The room whose seat is being moved to this tab's new session. */
  readonly rejoining = signal<RoomId | null>(null)
  private lock: { room: RoomId; release: () => void } | null = null

  /** Watches `current`; call once. */
  follow({ current }: SeatInputs): void {
    effect(() => {
      const room = current.value?.id ?? null
      if (room === (this.lock?.room ?? null)) return
      this.lock?.release()
      this.lock = null
      if (room !== null) {
        localStorage.setItem(NOTE, room)
        void this.hold(room)
      }
    })
  }

  /** The server gave this page a new session while it sat in `room`. */
  async regain(room: RoomId, inputs: SeatInputs): Promise<void> {
    this.rejoining.value = room
    await this.join(room, inputs)
  }

  /** After the rooms of a welcome have arrived: is one of them ours to return to? */
  async look(inputs: SeatInputs): Promise<boolean> {
    const room = inputs.elsewhere.value?.id
    if (room === undefined || this.rejoining.value !== null || localStorage.getItem(NOTE) !== room)
      return false
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

  private async hold(room: RoomId): Promise<void> {
    const lock = await tryLock(`${NOTE}.${room}`)
    if (!lock) return
    if (this.lock) lock.release()
    else this.lock = { room, release: lock.release }
  }
}

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
