import { signal } from '@preact/signals'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SlotFill } from '../contract'
import { Refusal } from '../link/refusal'
import type { Capture } from './capture'
import type { Answerer, Target } from './media'
import { Media } from './media'
import type { PeerEvents } from './peer'

/** Connections as they were made; each opens when the test says so. */
const made: {
  layered: boolean
  slots: SlotFill[]
  events: PeerEvents
  closed: boolean
  pc: { connectionState: RTCPeerConnectionState; getStats: () => Promise<Map<string, unknown>> }
}[] = []

vi.mock('./peer', () => ({
  Peer: class {
    slots: SlotFill[] = []
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
    open = (_ice: unknown, answer: (sdp: string) => Promise<string>) => answer('')
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

function mediaBy(answerer: Answerer): Media {
  const capture = { microphone: signal(null), camera: signal(null) } as unknown as Capture
  return new Media(capture, signal(true), answerer, () => new Promise(() => undefined))
}

/** A connection to a call of two, in use. */
async function inCall(answerer: Answerer = () => Promise.resolve('')): Promise<Media> {
  const media = mediaBy(answerer)
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

test('a busy server is no news while the connection in use is well', async () => {
  const answers = [Promise.resolve('')]
  const busy = vi.fn<Answerer>(() => answers.pop() ?? Promise.reject(new Refusal('busy', '', 60)))
  const media = await inCall(busy)
  media.aim({ ...CALL, layered: true })
  await vi.advanceTimersByTimeAsync(1000)
  expect(busy).toHaveBeenCalledTimes(2)
  expect(kept()).toEqual(['one size', 'layers gone'])
  expect(media.busyUntilMs.value).toBeNull()
})

test('who has no connection yet is told that the server is busy', async () => {
  const media = mediaBy(() => Promise.reject(new Refusal('busy', '', 60)))
  media.aim(CALL)
  await vi.advanceTimersByTimeAsync(100)
  expect(media.busyUntilMs.value).not.toBeNull()
})

test('since when somebody is heard is known to the ms, and stays for the room', async () => {
  const media = await inCall()
  const emitted = (samples: number) => {
    const entry = { type: 'inbound-rtp', kind: 'audio', mid: '3', jitterBufferEmittedCount: samples }
    made[0]!.pc.getStats = () => Promise.resolve(new Map([['in', entry]]))
  }
  made[0]!.slots = [{ mid: '3', participant: 'p-store', source: 'microphone', paused: false }]
  emitted(0)
  await vi.advanceTimersByTimeAsync(1000)
  expect(media.heard.value.size).toBe(0)
  const before = performance.now()
  emitted(4800)
  await vi.advanceTimersByTimeAsync(1000)
  const sinceMs = media.heard.value.get('p-store')!
  expect(sinceMs).toBeGreaterThanOrEqual(before - 100)
  expect(sinceMs).toBeLessThan(before + 1000 - 100)
  emitted(96_000)
  await vi.advanceTimersByTimeAsync(1000)
  expect(media.heard.value.get('p-store')).toBe(sinceMs)
  media.aim(null)
  expect(media.heard.value.size).toBe(0)
})
