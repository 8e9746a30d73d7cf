import { describe, expect, test } from 'vitest'
import type { RoomEvent, RoomState } from '../contract'
import fixture from './fixtures/rooms.json'
import { apply, hostOf, isOpen, isShared, oppositeIn, othersSeated } from './room'

const start = fixture.start as unknown as RoomState
const steps = fixture.steps as unknown as { event: RoomEvent; after: RoomState }[]

describe('apply', () => {
  let state = start
  for (const { event, after } of steps) {
    const before = state
    test(`says of ${event.type} at version ${before.ver} what the server says`, () => {
      expect(apply(before, event)).toEqual(after)
    })
    state = after
  }

  test('leaves the state it was given untouched', () => {
    const copy = structuredClone(start)
    for (const { event } of steps) apply(start, event)
    expect(start).toEqual(copy)
  })
})

test('a room is open until it has an end, and the host is named first', () => {
  expect(isOpen(start)).toBe(true)
  const last = steps.at(-1)!.after
  expect(isOpen(last)).toBe(false)
  expect(hostOf(last)?.person.id).toBe('p-chen')
  expect(othersSeated(last, 'p-store-0117').map((m) => m.person.id)).toEqual(['p-chen'])
})

test('in a call of two the other one is known before any picture comes', () => {
  const seated = steps
    .map(({ after }) => after)
    .find((room) => room.members.every((m) => m.state === 'joined'))!
  expect(oppositeIn(seated, 'p-store-0117')).toBe('p-chen')
  expect(oppositeIn(seated, 'p-chen')).toBe('p-store-0117')
  expect(oppositeIn(start, 'p-store-0117')).toBe(null)
  expect(oppositeIn({ ...seated, kind: 'session' }, 'p-chen')).toBe(null)
  expect(oppositeIn(undefined, 'p-chen')).toBe(null)
  const guest = {
    ...seated.members[0]!,
    person: { ...seated.members[0]!.person, id: 'g' },
    guest: 'publish',
  } as const
  expect(oppositeIn({ ...seated, members: [guest, ...seated.members] }, 'p-chen')).toBe('p-store-0117')
})

test('a call is shared from the moment in which a third is asked in, unless somebody goes for it', () => {
  const seated = steps
    .map(({ after }) => after)
    .find((room) => room.members.every((m) => m.state === 'joined'))!
  const third = { ...seated.members[0]!, person: { ...seated.members[0]!.person, id: 'p-liu' } } as const
  const asked = { by: 'p-chen', until: 1, instead: false }
  const having = (more: Partial<typeof third>) =>
    isShared({ ...seated, members: [...seated.members, { ...third, ...more }] })
  expect(isShared(seated)).toBe(false)
  expect(isShared({ ...seated, kind: 'session' })).toBe(true)
  expect(having({ state: 'ringing' })).toBe(false)
  expect(having({ state: 'ringing', asked })).toBe(true)
  expect(having({ state: 'ringing', asked: { ...asked, instead: true } })).toBe(false)
  expect(having({ state: 'missed', asked })).toBe(false)
  expect(having({ state: 'away' })).toBe(true)
})
