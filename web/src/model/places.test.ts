import { signal } from '@preact/signals'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OwnClient, RoomState } from '../contract'
import { CHEN } from '../ui/gallery/people'
import { inCall } from '../ui/gallery/rooms'
import { OFFER_MS, Places, READY_MS } from './places'

const PHONE: OwnClient = { session: 's-phone', kind: 'phone', name: 'Chrome, Android' }

function stage(options: { muted?: boolean } = {}) {
  const room = inCall(0)
  const mine = room.members.map((one) =>
    one.person.id === CHEN.id ? { ...one, muted: options.muted ?? false } : one,
  )
  const state: RoomState = { ...room, members: mine }
  const capture = {
    setMuted: vi.fn(),
    setCameraOff: vi.fn(() => Promise.resolve()),
    open: vi.fn(() => Promise.resolve()),
  }
  const join = vi.fn(() => Promise.resolve())
  const offer = vi.fn(() => Promise.resolve())
  const knock = vi.fn()
  const rooms = signal<ReadonlyMap<string, RoomState>>(new Map([[state.id, state]]))
  const places = new Places({
    person: signal(CHEN.id),
    rooms,
    capture,
    join,
    offer,
    knock,
  })
  const change = (more: Partial<RoomState>) => (rooms.value = new Map([[state.id, { ...state, ...more }]]))
  return { places, capture, join, offer, knock, room: state.id, mine, change }
}

describe('a client that is asked to go on with a call', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const wish = (room: string) => ({ type: 'seat_offered' as const, room })

  it('opens nothing and moves nothing until somebody presses for it', async () => {
    const { places, capture, join, knock, room } = stage()
    expect(places.take(wish(room))).toBe(true)
    expect(places.take(wish(room))).toBe(true)
    expect(places.offered.value).toBe(room)
    expect(knock).toHaveBeenCalledTimes(1)
    expect(places.coming.value).toBeNull()
    await vi.advanceTimersByTimeAsync(OFFER_MS - 1)
    expect(places.offered.value).toBe(room)
    await vi.advanceTimersByTimeAsync(1)
    expect(places.offered.value).toBeNull()
    expect(capture.open).not.toHaveBeenCalled()
    expect(join).not.toHaveBeenCalled()
  })
  it('forgets it when somebody says no', () => {
    const { places, room } = stage()
    places.take(wish(room))
    places.decline()
    expect(places.offered.value).toBeNull()
  })
  it('opens its microphone then, as muted as the seat is, and takes the seat', async () => {
    const { places, capture, join, room } = stage({ muted: true })
    places.take(wish(room))
    const coming = places.come(room)
    expect([places.offered.value, places.coming.value]).toEqual([null, room])
    await coming
    expect(capture.setMuted).toHaveBeenCalledWith(true)
    expect(capture.open.mock.invocationCallOrder[0]!).toBeLessThan(join.mock.invocationCallOrder[0]!)
    expect(join).toHaveBeenCalledWith(room)
    expect(places.coming.value).toBeNull()
  })
  it('does not wait for ever while the browser asks about the microphone', async () => {
    const { places, capture, join, room } = stage()
    capture.open.mockImplementationOnce(() => new Promise<void>(() => undefined))
    const coming = places.come(room)
    await vi.advanceTimersByTimeAsync(READY_MS - 1)
    expect(join).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await coming
    expect(join).toHaveBeenCalledWith(room)
  })
  it('comes once, however often it is pressed', async () => {
    const { places, join, room } = stage()
    await Promise.all([places.come(room), places.come(room)])
    expect(join).toHaveBeenCalledTimes(1)
  })
})

describe('a client that hands a call over', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('knows the other clients by what it was told last, and forgets them with the connection', () => {
    const { places } = stage()
    expect(places.take({ type: 'own_clients', clients: [PHONE] })).toBe(true)
    expect(places.clients.value).toEqual([PHONE])
    places.welcome()
    expect(places.clients.value).toEqual([])
    expect(places.take({ type: 'pong', n: 1, now: 1 })).toBe(false)
  })
  it('waits for the other one, and says so when nobody came', async () => {
    const { places, offer, room } = stage()
    places.take({ type: 'own_clients', clients: [PHONE] })
    await places.handOver(room, PHONE.session)
    expect(offer).toHaveBeenCalledWith(room, PHONE.session)
    expect(places.asked.value).toEqual(PHONE)
    vi.advanceTimersByTime(OFFER_MS)
    expect(places.asked.value).toBeNull()
    expect(places.inVain.value).toBe(1)
  })
  it('says nothing once the seat is gone', async () => {
    const { places, room } = stage()
    places.take({ type: 'own_clients', clients: [PHONE] })
    await places.handOver(room, PHONE.session)
    places.settled()
    expect(places.asked.value).toBeNull()
    vi.advanceTimersByTime(2 * OFFER_MS)
    expect(places.inVain.value).toBe(0)
  })
  it('waits for nobody who has the seat already when the answer comes, late, over a new connection', async () => {
    const { places, offer, room, mine, change } = stage()
    places.take({ type: 'own_clients', clients: [PHONE] })
    offer.mockImplementationOnce(() => {
      change({
        members: mine.map((one) => (one.person.id === CHEN.id ? { ...one, session: PHONE.session } : one)),
      })
      return Promise.resolve()
    })
    await places.handOver(room, PHONE.session)
    expect(places.asked.value).toBeNull()
    change({ closed_at: 1 })
    await places.handOver(room, PHONE.session)
    expect(places.asked.value).toBeNull()
    vi.advanceTimersByTime(OFFER_MS)
    expect(places.inVain.value).toBe(0)
  })
})
