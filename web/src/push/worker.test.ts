// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PushedOver, PushedRing } from '../contract'

interface Shown {
  title: string
  tag: string
  data: { kind: string }
  close: () => void
}
let shown: Shown[]
let said: string[]
let leftMs: number | null
const windows: { focus: ReturnType<typeof vi.fn> }[] = []
const openWindow = vi.fn(() => Promise.resolve())

const NOW = new Date(2026, 10, 27, 14, 3).getTime()
const common = {
  room: 'room-1',
  device: 'device-1',
  language: 'zh' as const,
  store: { zh: '静安寺店', en: "Jing'an Temple" },
  number: '0117',
  reason: 'equipment' as const,
  about: null,
  since: NOW - 1000,
}
const RING: PushedRing = { ...common, type: 'ring', until: NOW + 20_000 }
const OVER: PushedOver = { ...common, type: 'over', end: 'elsewhere', by: { zh: '张建国', en: 'Zhang' } }

vi.stubGlobal('registration', {
  showNotification: (title: string, options: { tag: string; data: { kind: string } }) => {
    said.push(title)
    const others = shown.filter((one) => one.tag !== options.tag)
    const made: Shown = { title, ...options, close: () => (shown = shown.filter((one) => one !== made)) }
    shown = [...others, made]
    return Promise.resolve()
  },
  getNotifications: ({ tag }: { tag: string }) => Promise.resolve(shown.filter((one) => one.tag === tag)),
})
vi.stubGlobal('clients', {
  claim: () => Promise.resolve(),
  matchAll: () => Promise.resolve(windows),
  openWindow,
})
vi.stubGlobal('skipWaiting', () => Promise.resolve())
await import('./worker')

/** What the browser sends to the worker; resolves once the worker lets it go to sleep. */
function happens(type: string, more: object): Promise<unknown> {
  const work: Promise<unknown>[] = []
  const event = Object.assign(new Event(type), { waitUntil: (one: Promise<unknown>) => work.push(one) }, more)
  dispatchEvent(event)
  return Promise.all(work)
}
const pushed = (message: PushedRing | PushedOver) => happens('push', { data: { json: () => message } })

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
  shown = []
  said = []
  leftMs = 20_000
  windows.length = 0
  openWindow.mockClear()
  vi.stubGlobal(
    'fetch',
    vi.fn(() =>
      leftMs === null
        ? Promise.reject(new TypeError('no network'))
        : Promise.resolve(new Response(JSON.stringify({ left_ms: leftMs }))),
    ),
  )
})
afterEach(() => {
  vi.useRealTimers()
})

it('shows the ring, says so to the server, sounds again, and is a missed call when its time is over', async () => {
  const work = pushed(RING)
  await vi.advanceTimersByTimeAsync(13_000)
  expect(said).toEqual(['静安寺店来电', '静安寺店来电', '静安寺店来电'])
  expect(fetch).toHaveBeenCalledExactlyOnceWith(
    '/api/push/device-1/rings/room-1',
    expect.objectContaining({ method: 'POST' }),
  )
  await vi.advanceTimersByTimeAsync(10_000)
  await work
  expect(shown.map((one) => one.title)).toEqual(['未接来电：静安寺店'])
})

it('rings no more once somebody has answered', async () => {
  const work = pushed(RING)
  await vi.advanceTimersByTimeAsync(1000)
  await pushed(OVER)
  await vi.advanceTimersByTimeAsync(60_000)
  await work
  expect(said).toEqual(['静安寺店来电', '静安寺店：张建国已接听'])
  expect(shown).toHaveLength(1)
})

it('rings no more once the person took it away', async () => {
  const work = pushed(RING)
  await vi.advanceTimersByTimeAsync(1000)
  shown[0]!.close()
  await vi.advanceTimersByTimeAsync(60_000)
  await work
  expect(said).toEqual(['静安寺店来电'])
  expect(shown).toEqual([])
})

it('is a missed call when it comes late', async () => {
  leftMs = 0
  vi.setSystemTime(NOW + 60_000)
  await pushed(RING)
  expect(said).toEqual(['未接来电：静安寺店'])
})

it('believes the server more than the clock of this machine', async () => {
  leftMs = 10_000
  vi.setSystemTime(NOW + 3_600_000)
  const work = pushed(RING)
  await vi.advanceTimersByTimeAsync(1000)
  expect(said).toEqual(['未接来电：静安寺店', '静安寺店来电'])
  await vi.advanceTimersByTimeAsync(10_000)
  await work
  expect(shown.map((one) => one.title)).toEqual(['未接来电：静安寺店'])

  leftMs = 0
  vi.setSystemTime(NOW)
  await pushed(RING)
  expect(shown.map((one) => one.title)).toEqual(['未接来电：静安寺店'])
})

it('rings by its own clock when the server does not answer', async () => {
  leftMs = null
  const work = pushed(RING)
  await vi.advanceTimersByTimeAsync(7000)
  expect(said).toEqual(['静安寺店来电', '静安寺店来电'])
  await vi.advanceTimersByTimeAsync(30_000)
  await work
})

it('leads to the page that is open, or opens one', async () => {
  const close = vi.fn()
  await happens('notificationclick', { notification: { close } })
  expect(openWindow).toHaveBeenCalledExactlyOnceWith('/')
  windows.push({ focus: vi.fn(() => Promise.resolve()) })
  await happens('notificationclick', { notification: { close } })
  expect(windows[0]!.focus).toHaveBeenCalledOnce()
  expect(openWindow).toHaveBeenCalledOnce()
  expect(close).toHaveBeenCalledTimes(2)
})
