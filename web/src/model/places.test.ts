import { signal } from '@preact/signals'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OwnClient, RoomState } from '../contract'
import { CHEN } from '../ui/gallery/people'
import { inCall } from '../ui/gallery/rooms'
import { OFFER_MS, Places } from './places'

const PHONE: OwnClient = { session: 's-phone', kind: 'phone', name: 'Chrome, Android' }

function stage(options: { microphone?: boolean; opensInMs?: number; muted?: boolean } = {}) {
  const room = inCall(0)
  const mine = room.members.map((one) =>
    one.person.id === CHEN.id ? { ...one, muted: options.muted ?? false } : one,
  )
  const state: RoomState = { ...room, members: mine }
  let nowMs = 1000
  const capture = {
    microphone: signal<unknown>(options.microphone === false ? null : {}),
    setMuted: vi.fn(),
    setCameraOff: vi.fn(() => Promise.resolve()),
    open: vi.fn(() => {
      nowMs += options.opensInMs ?? 100
      return Promise.resolve()
    }),
  }
  const join = vi.fn(() => Promise.resolve())
  const offer = vi.fn(() => Promise.resolve())
  const places = new Places({
    person: signal(CHEN.id),
    rooms: signal(new Map([[state.id, state]])),
    capture,
    join,
    offer,
    nowMs: () => nowMs,
  })
  return { places, capture, join, offer, room: state.id }
}

describe('a client that is asked to go on with a call', () => {
  it('opens its microphone first, as muted as the seat is, and then takes the seat', async () => {
    const { places, capture, join, room } = stage({ muted: true })
    const coming = places.come(room, { offered: true })
    expect(places.coming.value).toBe(room)
    await coming
    expect(capture.setMuted).toHaveBeenCalledWith(true)
    expect(capture.open.mock.invocationCallOrder[0]!).toBeLessThan(join.mock.invocationCallOrder[0]!)
    expect(join).toHaveBeenCalledWith(room)
    expect(places.coming.value).toBeNull()
  })
  it('leaves the call where it is without a microphone, or when it took too long', async () => {
    for (const options of [{ microphone: false }, { opensInMs: OFFER_MS + 1 }]) {
      const { places, join, room } = stage(options)
      await places.come(room, { offered: true })
      expect(join).not.toHaveBeenCalled()
      expect(places.coming.value).toBeNull()
    }
  })
  it('takes the call all the same when somebody pressed for it here', async () => {
    const { places, join, room } = stage({ microphone: false })
    await places.come(room, { offered: false })
    expect(join).toHaveBeenCalledWith(room)
  })
  it('comes for who presses for it here while the browser still asks about the microphone', async () => {
    const { places, capture, join, room } = stage()
    let answer: () => void = () => undefined
    capture.open.mockImplementationOnce(() => new Promise<void>((done) => (answer = done)))
    const offered = places.come(room, { offered: true })
    await vi.waitFor(() => expect(capture.open).toHaveBeenCalled())
    await places.come(room, { offered: false })
    expect(join).toHaveBeenCalledTimes(1)
    expect(places.coming.value).toBeNull()
    answer()
    await offered
    expect(join).toHaveBeenCalledTimes(1)
  })
  it('comes once, however often it is asked', async () => {
    const { places, join, room } = stage()
    const wish = { type: 'seat_offered' as const, room }
    expect(places.take(wish)).toBe(true)
    expect(places.take(wish)).toBe(true)
    await vi.waitFor(() => expect(places.coming.value).toBeNull())
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
})
