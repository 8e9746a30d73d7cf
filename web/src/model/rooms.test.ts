import { signal } from '@preact/signals'
import { beforeEach, expect, test } from 'vitest'
import type { ClientMessage, RoomEvent, RoomState, ServerMessage } from '../contract'
import fixture from './fixtures/rooms.json'
import { Rooms } from './rooms'

const start = fixture.start as unknown as RoomState
const steps = fixture.steps as unknown as { event: RoomEvent; after: RoomState }[]
const snapshot = (room: RoomState) => ({ type: 'room', room }) as unknown as ServerMessage
const delta = (i: number) =>
  ({
    type: 'room_event',
    room: 'r-1',
    ver: steps[i]!.after.ver,
    event: steps[i]!.event,
  }) as unknown as ServerMessage

let sent: ClientMessage[]
let told: RoomEvent['type'][]
const person = signal<string | null>(null)
const session = signal<string | null>(null)
const rejoining = signal<string | null>(null)
let rooms: Rooms

beforeEach(() => {
  sent = []
  told = []
  person.value = 'p-chen'
  session.value = 's-b'
  rejoining.value = null
  rooms = new Rooms({
    person,
    session,
    rejoining,
    send: (message) => {
      sent.push(message)
      return true
    },
    onEvent: (_, event) => told.push(event.type),
  })
})

test('a call rings, is answered by this session, ends, and leaves a summary that follows the recording', () => {
  rooms.take(snapshot(start))
  expect(rooms.incoming.value).toEqual([])
  rooms.take(delta(0))
  expect(rooms.incoming.value.map((room) => room.id)).toEqual(['r-1'])
  rooms.take(delta(1))
  rooms.take(delta(2))
  expect(rooms.incoming.value).toEqual([])
  expect(rooms.current.value?.id).toBe('r-1')
  rooms.hold('r-1')
  for (let i = 3; i < steps.length; i++) rooms.take(delta(i))
  expect(rooms.current.value).toBeNull()
  expect(rooms.summary.value?.recording?.state).toBe('safe')
  expect(rooms.rooms.value.get('r-1')).toEqual(steps.at(-1)!.after)
  rooms.dismissSummary()
  expect(rooms.summary.value).toBeNull()
})

test('another tab of the same expert sees the call elsewhere and does not ring on', () => {
  session.value = 's-other'
  rooms.take(snapshot(start))
  for (let i = 0; i < 3; i++) rooms.take(delta(i))
  expect(rooms.incoming.value).toEqual([])
  expect(rooms.current.value).toBeNull()
  expect(rooms.elsewhere.value?.id).toBe('r-1')
  rejoining.value = 'r-1'
  expect(rooms.current.value?.id).toBe('r-1')
})

test('a gap in the versions asks once for a fresh snapshot, and old events change nothing', () => {
  rooms.take(snapshot(start))
  rooms.take(delta(2))
  rooms.take(delta(3))
  expect(sent).toEqual([{ type: 'get_room', room: 'r-1' }])
  rooms.take(snapshot(steps[3]!.after))
  rooms.take(delta(1))
  expect(rooms.rooms.value.get('r-1')).toEqual(steps[3]!.after)
  rooms.take(delta(4))
  expect(rooms.rooms.value.get('r-1')).toEqual(steps[4]!.after)
  expect(told).toEqual(['hands_changed'])
})

test('an open room that is not mentioned after a reconnect is asked for, and goes when the server says so', () => {
  rooms.take(snapshot(start))
  rooms.welcome()
  rooms.take({ type: 'presence', entries: [] })
  expect(sent).toEqual([{ type: 'get_room', room: 'r-1' }])
  rooms.take({ type: 'room_gone', room: 'r-1' })
  expect(rooms.rooms.value.size).toBe(0)
})
