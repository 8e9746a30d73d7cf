/** A third person in a call: who is asked in, and what became of it. */
import type { Asking, Member, PersonId, RoomEvent, RoomState } from '../contract'
import { isGuest, isSeated, memberOf } from './room'

/** People in a call, without guests; see signaling/domain/third.py. */
export const MOST = 3

/** The clocks differ by so much at most; who stops ringing earlier was not needed any more. */
const EARLY_MS = 1000

/** Of the store, or of nobody: see signaling/domain/third.py. */
export const OUTSIDERS: readonly string[] = ['store', 'visitor']

/** Who rings because somebody asked for them. */
export function askedInto(room: RoomState): (Member & { asked: Asking }) | null {
  const found = room.members.find((m) => m.state === 'ringing' && m.asked)
  return found?.asked ? { ...found, asked: found.asked } : null
}

/** Those of headquarters who sit in the call, without `me`. */
export const otherHelpers = (room: RoomState, me: PersonId): Member[] =>
  room.members.filter(
    (m) => m.person.id !== me && isSeated(m) && !isGuest(m) && !OUTSIDERS.includes(m.person.role),
  )

export const isFull = (room: RoomState): boolean =>
  room.members.filter((m) => isSeated(m) && !isGuest(m)).length >= MOST

/** `took_over`: the asker is out. */
export interface Outcome {
  what: 'joined' | 'took_over' | 'declined' | 'missed'
  person: Member['person']
}

/** What an event says to `me`, who asked somebody in; null: nothing. */
export function outcomeOf(before: RoomState, event: RoomEvent, me: PersonId, nowMs: number): Outcome | null {
  if (event.type !== 'member_changed' || event.member.asked?.by !== me) return null
  const { person, state, asked } = event.member
  if (memberOf(before, person.id)?.state !== 'ringing') return null
  if (state === 'joined') return { what: asked.instead ? 'took_over' : 'joined', person }
  if (state === 'declined') return { what: 'declined', person }
  return state === 'missed' && nowMs >= asked.until - EARLY_MS ? { what: 'missed', person } : null
}
