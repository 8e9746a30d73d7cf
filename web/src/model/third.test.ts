/** Who is asked into a call, and what the asker is told. */
import { describe, expect, it } from 'vitest'
import type { Member, RoomState } from '../contract'
import { CHEN, LIU, NOW, TABLETS, ZHANG, member } from '../ui/gallery/people'
import { asking, calling, inCall, ringing, three, withGuests } from '../ui/gallery/rooms'
import { byStore, tabletIn } from './room'
import { askedInto, isFull, otherHelpers, outcomeOf } from './third'

const becomes = (room: RoomState, state: Member['state']) => {
  const one = askedInto(room)!
  return { type: 'member_changed' as const, member: { ...one, state } }
}
const until = askedInto(asking())!.asked.until

describe('a third person', () => {
  it('is known while it rings, and fills the call when it has come', () => {
    expect(askedInto(asking())?.person).toBe(LIU)
    expect(askedInto(ringing())).toBeNull()
    expect(askedInto(three())).toBeNull()
    expect([inCall(), asking(), three(), withGuests(inCall())].map(isFull)).toEqual([
      false,
      false,
      true,
      false,
    ])
  })
  it('is the helper who stays when the first one leaves', () => {
    expect(otherHelpers(three(), CHEN.id).map((one) => one.person)).toEqual([LIU])
    expect(otherHelpers(asking(), CHEN.id)).toEqual([])
    expect(otherHelpers(withGuests(inCall()), CHEN.id)).toEqual([])
  })
})

describe('what the asker is told', () => {
  it.each([
    [false, 'joined', NOW, 'joined'],
    [true, 'joined', NOW, 'took_over'],
    [false, 'declined', NOW, 'declined'],
    [true, 'missed', until, 'missed'],
    [false, 'missed', until - 20_000, null], // not needed any more: whoever took it back knows
    [false, 'ringing', NOW, null],
  ] as const)('instead %s: %s is %s', (instead, state, nowMs, what) => {
    const room = asking(instead)
    const told = outcomeOf(room, becomes(room, state), CHEN.id, nowMs)
    expect(told).toEqual(what && { what, person: LIU })
  })
  it("is nobody else's news, and said once", () => {
    const room = asking()
    expect(outcomeOf(room, becomes(room, 'declined'), TABLETS[0]!.id, NOW)).toBeNull()
    expect(outcomeOf(three(), becomes(room, 'joined'), CHEN.id, NOW)).toBeNull()
    const event = { type: 'member_changed' as const, member: member(ZHANG, 'missed') }
    expect(outcomeOf(ringing(), event, CHEN.id, NOW)).toBeNull()
  })
})

describe('who called', () => {
  it('is told by the caller, and who needs help is the store all the same', () => {
    expect([ringing(), calling()].map(byStore)).toEqual([true, false])
    expect(tabletIn(inCall())?.person).toBe(TABLETS[0])
    expect(tabletIn(calling())).toBeNull()
  })
})
