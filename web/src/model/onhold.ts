/** A call on hold, as either side has it: who waits for whom, and when whoever lets them wait is reminded. */
import type { ReadonlySignal } from '@preact/signals'
import { computed, effect, untracked } from '@preact/signals'
import type { Hold, PersonId, RoomState } from '../contract'
import { isGuest, memberOf } from './room'
import { OUTSIDERS } from './third'

/** After each of these whoever put the call on hold hears of it once more. */
export const REMIND_MS = 120_000

/** The hold that goes on. */
export function holdOf(room: RoomState): Hold | null {
  const last = room.call?.holds?.at(-1)
  return last && (last.until === null || last.until === undefined) ? last : null
}

/** Whether `person` is one of those who wait: not of headquarters. See signaling/domain/draft.py. */
export function waits(room: RoomState, person: PersonId): boolean {
  const member = memberOf(room, person)
  return (
    holdOf(room) !== null && member !== null && (OUTSIDERS.includes(member.person.role) || isGuest(member))
  )
}

/** How often one was to be reminded by now. */
export const reminders = (sinceMs: number, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - sinceMs) / REMIND_MS))

export interface HoldInputs {
  current: ReadonlySignal<RoomState | null>
  person: ReadonlySignal<PersonId | null>
  tick: ReadonlySignal<number>
  /** Starts the music; returns what stops it. */
  play: () => () => void
  remind: () => void
}

/** Music for who waits, reminders for who lets them wait; for the life of the page. */
export function followHolds({ current, person, tick, play, remind }: HoldInputs): void {
  const waiting = computed(() => {
    const room = current.value
    return room !== null && person.value !== null && waits(room, person.value)
  })
  effect(() => (waiting.value ? untracked(play) : undefined))

  const since = computed(() => {
    const hold = current.value && holdOf(current.value)
    return hold && hold.by === person.value ? hold.since : null
  })
  effect(() => {
    const sinceMs = since.value
    if (sinceMs === null) return undefined
    let told = untracked(() => reminders(sinceMs, tick.value))
    return effect(() => {
      const due = reminders(sinceMs, tick.value)
      if (due > told) untracked(remind)
      told = Math.max(told, due)
    })
  })
}
