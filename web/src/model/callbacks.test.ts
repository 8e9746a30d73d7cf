/** What one says of a callback is said again by itself where the network failed, unless that could undo something. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { PATIENCE_MS, PAUSE_MS } from '../link/again'
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
  ['/api/callbacks/room-1/done', () => callbackActs.finishCallback('room-1')],
])('%s is said again', async (path, act) => {
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

it.each([
  ['take', callbackActs.takeCallback],
  ['reopen', callbackActs.reopenCallback],
])('%s is said once, as somebody else may have acted since', async (_, act) => {
  const fetch = vi.fn(() => Promise.reject(new TypeError('network changed')))
  vi.stubGlobal('fetch', fetch)
  const told = expect(act('room-1')).rejects.toMatchObject({ code: 'offline' })
  await vi.advanceTimersByTimeAsync(PATIENCE_MS)
  await told
  expect(fetch).toHaveBeenCalledOnce()
})

it('two bookings are two wishes', async () => {
  const said: string[] = []
  vi.stubGlobal('fetch', (_: string, how: RequestInit) => {
    said.push(String((JSON.parse(String(how.body)) as { cid: string }).cid))
    return Promise.resolve(new Response('{}'))
  })
  for (const at of [null, 900_000]) await callbackActs.bookCallback('dishes', at, '')
  expect(new Set(said).size).toBe(2)
})
