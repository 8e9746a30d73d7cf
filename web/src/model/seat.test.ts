import { computed, signal } from '@preact/signals'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { RoomState } from '../contract'
import { CHEN, ZHANG } from '../ui/gallery/people'
import { inCall } from '../ui/gallery/rooms'
import { memberOf } from './room'
import { Seat } from './seat'

/** One browser profile: what its pages share. */
let kept: Map<string, string>
let locked: Set<string>

beforeEach(() => {
  kept = new Map()
  locked = new Set()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  })
  vi.stubGlobal('navigator', {
    locks: {
      request: async (name: string, options: object, use: (lock: object | null) => unknown) => {
        if (locked.has(name)) return 'ifAvailable' in options ? use(null) : undefined
        locked.add(name)
        await use({})
        locked.delete(name)
        return undefined
      },
    },
  })
})

/** A call in which CHEN's seat is held by `session`. */
const heldBySession = (session: string): RoomState => {
  const room = inCall(0)
  return {
    ...room,
    members: room.members.map((one) => (one.person.id === CHEN.id ? { ...one, session } : one)),
  }
}

/** A page with this session, that knows that call. */
function page(session: string, room: RoomState | null) {
  const state = signal(room)
  const holds = (): boolean => state.value !== null && memberOf(state.value, CHEN.id)?.session === session
  const join = vi.fn((_room: string) => {
    state.value = heldBySession(session)
    return Promise.resolve()
  })
  const inputs = {
    current: computed(() => (holds() ? state.value : null)),
    elsewhere: computed(() => (holds() ? null : state.value)),
    join,
    holds,
    heldBy: (one: RoomState) => memberOf(one, CHEN.id)?.session ?? null,
  }
  const seat = new Seat()
  seat.follow(inputs)
  return { state, join, look: () => seat.look(inputs) }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('a page that finds its person seated elsewhere', () => {
  it('goes back to the seat of the page that it was before a reload', async () => {
    page('s-old', heldBySession('s-old'))
    await settled()
    locked.clear() // the old page is gone
    const { look, join } = page('s-new', heldBySession('s-old'))
    expect(await look()).toBe(true)
    expect(join).toHaveBeenCalledTimes(1)
  })
  it('leaves the seat to a living page of the same browser', async () => {
    page('s-old', heldBySession('s-old'))
    await settled()
    const { look, join } = page('s-new', heldBySession('s-old'))
    expect(await look()).toBe(false)
    expect(join).not.toHaveBeenCalled()
  })
  it('does not take the seat of a page that waits for its lock still', async () => {
    let grant = () => {}
    const { request } = navigator.locks
    vi.spyOn(navigator.locks, 'request').mockImplementationOnce(((
      name: string,
      options: object,
      use: never,
    ) => {
      grant = () => void (request as unknown as (...all: unknown[]) => void)(name, options, use)
      return Promise.resolve()
    }) as never)
    page('s-first', heldBySession('s-first'))
    const { look, join } = page('s-second', heldBySession('s-first'))
    expect(await look()).toBe(false)
    grant()
    await settled()
    expect(await look()).toBe(false)
    expect(join).not.toHaveBeenCalled()
    locked.clear() // the first page is gone
    expect(await look()).toBe(true)
  })
  it('does not take back a call that went on at another device, neither living nor after a reload', async () => {
    const { state, look, join } = page('s-desk', heldBySession('s-desk'))
    await settled()
    state.value = heldBySession('s-phone')
    await settled()
    expect(locked.size).toBe(0)
    expect(await look()).toBe(false)
    const reloaded = page('s-desk-2', heldBySession('s-phone'))
    expect(await reloaded.look()).toBe(false)
    expect(join).not.toHaveBeenCalled()
    expect(reloaded.join).not.toHaveBeenCalled()
  })
  it('goes back again once it was taken back by hand', async () => {
    const { state, look } = page('s-desk', heldBySession('s-desk'))
    await settled()
    state.value = heldBySession('s-phone')
    state.value = heldBySession('s-desk')
    await settled()
    expect(await look()).toBe(false) // it is here
    locked.clear()
    expect(await page('s-new', heldBySession('s-desk')).look()).toBe(true)
  })
  it('has nothing to go back to in a call of somebody else', async () => {
    const { look } = page('s-desk', null)
    expect(await look()).toBe(false)
    expect(ZHANG.id).not.toBe(CHEN.id)
  })
})
