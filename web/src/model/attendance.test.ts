// @vitest-environment happy-dom
/** Who sits before a page, by what is touched and seen of it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Attendance, HIDDEN_MS, IDLE_MS, leavesMs } from './attendance'

let seen: DocumentVisibilityState = 'visible'
const show = (state: DocumentVisibilityState): void => {
  seen = state
  document.dispatchEvent(new Event('visibilitychange'))
}
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  seen = 'visible'
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => seen)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it.each([
  [{ touchedMs: 0, hiddenSinceMs: null }, IDLE_MS],
  [{ touchedMs: 5, hiddenSinceMs: 10 }, HIDDEN_MS + 10],
  [{ touchedMs: 0, hiddenSinceMs: IDLE_MS - 1 }, IDLE_MS],
])('of %j nobody sits there from %d on', (looks, at) => {
  expect(leavesMs(looks)).toBe(at)
})

it('a page that nobody touches is left alone after a while, and a touch brings them back', () => {
  const attendance = new Attendance()
  vi.advanceTimersByTime(IDLE_MS - 1)
  expect(attendance.here.value).toBe(true)
  dispatchEvent(new Event('pointermove'))
  vi.advanceTimersByTime(IDLE_MS - 1)
  expect(attendance.here.value).toBe(true)
  vi.advanceTimersByTime(1)
  expect(attendance.here.value).toBe(false)
  dispatchEvent(new Event('keydown'))
  expect(attendance.here.value).toBe(true)
  vi.advanceTimersByTime(IDLE_MS)
  expect(attendance.here.value).toBe(false)
})

it('a glance at another tab is no absence, a minute is, and looking again ends it', () => {
  const attendance = new Attendance()
  show('hidden')
  vi.advanceTimersByTime(HIDDEN_MS - 1)
  show('visible')
  vi.advanceTimersByTime(HIDDEN_MS)
  expect(attendance.here.value).toBe(true)
  show('hidden')
  vi.advanceTimersByTime(HIDDEN_MS)
  expect(attendance.here.value).toBe(false)
  show('visible')
  expect(attendance.here.value).toBe(true)
})

it('who talked in a call all the while was here', () => {
  const attendance = new Attendance()
  vi.advanceTimersByTime(IDLE_MS)
  attendance.touched()
  expect(attendance.here.value).toBe(true)
})
