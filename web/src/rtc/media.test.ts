import { signal } from '@preact/signals'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Capture } from './capture'
import type { Target } from './media'
import { Media } from './media'
import type { PeerEvents } from './peer'

/** Connections as they were made; each opens when the test says so. */
const made: {
  layered: boolean
  events: PeerEvents
  closed: boolean
  pc: { connectionState: RTCPeerConnectionState; getStats: () => Promise<Map<string, unknown>> }
}[] = []

vi.mock('./peer', () => ({
  Peer: class {
    slots = []
    publishes = false
    firstPicture = null
    closed = false
    pc = { connectionState: 'connected', getStats: () => Promise.resolve(new Map()) }
    constructor(
      readonly gen: number,
      _layout: unknown,
      readonly layered: boolean,
      readonly events: PeerEvents,
    ) {
      made.push(this as unknown as (typeof made)[number])
    }
    publish = () => Promise.resolve()
    open = () => Promise.resolve()
    ready = () => undefined
    audioTracks = () => []
    close(): void {
      this.closed = true
    }
  },
}))

beforeEach(() => {
  made.length = 0
  vi.useFakeTimers()
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('navigator', {})
  vi.stubGlobal('document', { addEventListener: () => undefined })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const CALL: Target = {
  room: 'room-1',
  session: 's-1',
  layout: { stage: 2, floor: 0 },
  layered: false,
  publish: true,
  first: null,
}

/** A connection to a call of two, in use. */
async function inCall(): Promise<Media> {
  const capture = { microphone: signal(null), camera: signal(null) } as unknown as Capture
  const media = new Media(
    capture,
    signal(true),
    () => Promise.resolve(''),
    () => new Promise(() => undefined),
  )
  media.aim(CALL)
  await vi.advanceTimersByTimeAsync(100)
  made[0]!.events.onOpen()
  await vi.advanceTimersByTimeAsync(100)
  expect(media.peer.value).toBe('connected')
  return media
}

const kept = () =>
  made.map(({ layered, closed }) => `${layered ? 'layers' : 'one size'}${closed ? ' gone' : ''}`)

test('a call that a third is asked into gets a connection in layers, and keeps the one it has until then', async () => {
  const media = await inCall()
  media.aim({ ...CALL, layered: true })
  await vi.advanceTimersByTimeAsync(1000)
  expect(kept()).toEqual(['one size', 'layers'])
  made[1]!.events.onOpen()
  await vi.advanceTimersByTimeAsync(1000)
  expect(kept()).toEqual(['one size gone', 'layers'])
  expect(media.generation).toBe(2)
})

test('when two are left it stays as it is, also for the next third', async () => {
  const media = await inCall()
  media.aim({ ...CALL, layered: true })
  await vi.advanceTimersByTimeAsync(100)
  made[1]!.events.onOpen()
  await vi.advanceTimersByTimeAsync(100)
  for (const layered of [false, true, false]) media.aim({ ...CALL, layered })
  await vi.advanceTimersByTimeAsync(5000)
  expect(kept()).toEqual(['one size gone', 'layers'])
})

test('a connection that was just being made in one size is not waited for', async () => {
  const media = await inCall()
  media.renew()
  await vi.advanceTimersByTimeAsync(100)
  media.aim({ ...CALL, layered: true })
  await vi.advanceTimersByTimeAsync(1000)
  expect(kept()).toEqual(['one size', 'one size gone', 'layers'])
})
