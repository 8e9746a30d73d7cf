import { signal } from '@preact/signals'
import { describe, expect, it, vi } from 'vitest'
import type { Hold, RoomState } from '../contract'
import { CHEN, NOW, TABLETS, ZHANG, member } from '../ui/gallery/people'
import { inCall } from '../ui/gallery/rooms'
import { REMIND_MS, followHolds, holdOf, reminders, waits } from './onhold'

const shop = TABLETS[0]!
const begun: Hold = { by: CHEN.id, since: NOW, until: null, over_at: NOW + 600_000, ended_by: null }
const over: Hold = { ...begun, until: NOW + 5000, ended_by: CHEN.id }

const on = (...holds: Hold[]): RoomState => {
  const room = inCall(0)
  return {
    ...room,
    members: [...room.members, member(ZHANG, 'joined')],
    call: { ...room.call!, holds },
  }
}

describe('a call', () => {
  it('is on hold while its last hold goes on', () => {
    expect(holdOf(inCall(0))).toBeNull()
    expect(holdOf(on(over))).toBeNull()
    expect(holdOf(on(over, begun))).toEqual(begun)
  })
  it('lets the store wait, and nobody of headquarters', () => {
    expect([shop, CHEN, ZHANG].map((one) => waits(on(begun), one.id))).toEqual([true, false, false])
    expect(waits(on(over), shop.id)).toBe(false)
    expect(waits(on(begun), 'p-stranger')).toBe(false)
  })
  it('reminds every two minutes', () => {
    expect(reminders(NOW, NOW + REMIND_MS - 1)).toBe(0)
    expect(reminders(NOW, NOW + REMIND_MS)).toBe(1)
    expect(reminders(NOW, NOW + 2.5 * REMIND_MS)).toBe(2)
    expect(reminders(NOW, NOW - 500)).toBe(0)
  })
})

describe('somebody in a call', () => {
  const follow = (person: string, startMs = NOW) => {
    const current = signal<RoomState | null>(on())
    const tick = signal(startMs)
    const stop = vi.fn()
    const play = vi.fn(() => stop)
    const remind = vi.fn()
    followHolds({ current, person: signal(person), tick, play, remind })
    return { current, tick, stop, play, remind }
  }

  it('who waits hears music, once, until it goes on', () => {
    const { current, tick, play, stop, remind } = follow(shop.id)
    expect(play).not.toHaveBeenCalled()
    current.value = on(begun)
    current.value = { ...on(begun), ver: 99 }
    tick.value = NOW + 3 * REMIND_MS
    expect(play).toHaveBeenCalledTimes(1)
    expect(stop).not.toHaveBeenCalled()
    current.value = on(over)
    expect(stop).toHaveBeenCalledTimes(1)
    expect(remind).not.toHaveBeenCalled()
  })
  it('who vanishes from the call hears no music any more', () => {
    const { current, stop } = follow(shop.id)
    current.value = on(begun)
    current.value = null
    expect(stop).toHaveBeenCalledTimes(1)
  })
  it('who lets the store wait is reminded, and not again after a reload', () => {
    const { current, tick, play, remind } = follow(CHEN.id)
    current.value = on(begun)
    for (const at of [1, 1.2, 2, 2.1]) tick.value = NOW + at * REMIND_MS
    expect(remind).toHaveBeenCalledTimes(2)
    expect(play).not.toHaveBeenCalled()
    current.value = on(over)
    tick.value = NOW + 5 * REMIND_MS
    expect(remind).toHaveBeenCalledTimes(2)

    const reloaded = follow(CHEN.id, NOW + 2.5 * REMIND_MS)
    reloaded.current.value = on(begun)
    expect(reloaded.remind).not.toHaveBeenCalled()
    reloaded.tick.value = NOW + 3 * REMIND_MS
    expect(reloaded.remind).toHaveBeenCalledTimes(1)
  })
  it('who helps beside is not reminded', () => {
    const { current, tick, play, remind } = follow(ZHANG.id)
    current.value = on(begun)
    tick.value = NOW + 2 * REMIND_MS
    expect([play.mock.calls.length, remind.mock.calls.length]).toEqual([0, 0])
  })
})
