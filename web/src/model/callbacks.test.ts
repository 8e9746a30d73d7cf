/** What one says of a callback is said again by itself where the network failed. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { PAUSE_MS } from '../link/again'
import { callbackActs } from './callbacks'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it.each([
  ['/api/callbacks', () => callbackActs.bookCallback('dishes', 900_000, '酱料不对')],
  ['/api/callbacks/room-1/cancel', () => callbackActs.cancelCallback('room-1')],
  ['/api/callbacks/room-1/reopen', () => callbackActs.reopenCallback('room-1')],
])('%s', async (path, act) => {
  const asked: [string, RequestInit][] = []
  vi.stubGlobal('fetch', (to: string, how: RequestInit) => {
    asked.push([to, how])
    return asked.length === 1
      ? Promise.reject(new TypeError('network changed'))
      : Promise.resolve(new Response('{}'))
  })
  const done = act()
  await vi.advanceTimersByTimeAsync(PAUSE_MS)
  await expect(done).resolves.toBeUndefined()
  expect(asked.map(([to]) => to)).toEqual([path, path])
  expect(asked[1]![1].body, 'the same words').toBe(asked[0]![1].body)
})
