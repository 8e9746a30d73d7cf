/** A room and the facts that change it; `apply` mirrors contract/rooms.py line by line. */
import type { Call, Member, Name, PersonId, RoomEvent, RoomState } from '../contract'

/** The state after one event; `ver` goes up by one. */
export function apply(state: RoomState, event: RoomEvent): RoomState {
  const ver = state.ver + 1
  switch (event.type) {
    case 'member_changed': {
      const { member } = event
      const known = state.members.some((m) => m.person.id === member.person.id)
      const members = known
        ? state.members.map((m) => (m.person.id === member.person.id ? member : m))
        : [...state.members, member]
      return { ...state, ver, members }
    }
    case 'call_changed':
      return { ...state, ver, call: event.call }
    case 'hands_changed':
      return { ...state, ver, hands: event.hands }
    case 'recording_changed':
      return { ...state, ver, recording: event.recording }
    case 'still_added':
      return { ...state, ver, stills: [...state.stills, event.still] }
    case 'visitor_moved': {
      const { knock, step } = event
      const waiting = state.lobby.filter((one) => one.person.id !== knock.person.id)
      const lobby = step === 'knocked' ? [...waiting, knock].sort((a, b) => a.since - b.since) : waiting
      return { ...state, ver, lobby }
    }
    case 'room_closed':
      return { ...state, ver, closed_at: event.at, end: event.end }
    case 'still_requested':
    case 'all_muted':
      return { ...state, ver }
  }
}

export const isOpen = (room: RoomState): boolean => room.closed_at === null || room.closed_at === undefined

/** Nobody has answered yet: it rings or waits. */
export const isPending = (call: Call): boolean => call.stage === 'ringing' || call.stage === 'waiting'

export const memberOf = (room: RoomState, person: PersonId): Member | null =>
  room.members.find((m) => m.person.id === person) ?? null

/** Seated: joined, or away with the seat kept. */
export const isSeated = (member: Member): boolean => member.state === 'joined' || member.state === 'away'

export const hostOf = (room: RoomState): Member | null => room.members.find((m) => m.host) ?? null

/** Everybody seated but `me`, host first, then by time of joining. */
export function othersSeated(room: RoomState, me: PersonId): Member[] {
  return room.members
    .filter((m) => m.person.id !== me && isSeated(m))
    .sort((a, b) => Number(b.host) - Number(a.host) || (a.joined_at ?? 0) - (b.joined_at ?? 0))
}

/** Who comes by a media token (WHIP, WHEP) and has media only: no seat waits for it, no wish reaches it. */
export const isGuest = (member: Member): boolean => member.guest !== null && member.guest !== undefined

/** The one other person in a call of two, besides guests; null in a session, alone, or among more. */
export function oppositeIn(room: RoomState | undefined, me: PersonId | null): PersonId | null {
  if (room?.kind !== 'call' || me === null) return null
  const [other, ...more] = othersSeated(room, me).filter((m) => !isGuest(m))
  return other && more.length === 0 ? other.person.id : null
}

/** Whether more than two are here, or soon: an expert who is asked in, but not instead of somebody, may come any moment. */
export const isShared = (room: RoomState): boolean =>
  room.kind === 'session' ||
  room.members.filter((m) => isSeated(m) || (m.state === 'ringing' && m.asked && !m.asked.instead)).length > 2

/** Who needs help in a call, whoever called: the tablet that sits in it. */
export const tabletIn = (room: RoomState): Member | null =>
  room.members.find((m) => m.person.role === 'store' && isSeated(m)) ?? null

/** Whether headquarters is among itself: nobody is asked for help. */
export const amongColleagues = (room: RoomState): boolean => room.kind === 'call' && !room.call?.store

/** Whose call it is: the store's, else whoever called. */
export const whoseCall = (room: RoomState): Name | undefined =>
  room.call ? (room.call.store?.name ?? memberOf(room, room.call.caller)?.person.name) : undefined

/** Whether the store called; otherwise headquarters did. */
export const byStore = (room: RoomState): boolean =>
  room.members.some((m) => m.person.id === room.call?.caller && m.person.role === 'store')
