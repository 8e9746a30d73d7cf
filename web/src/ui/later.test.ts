import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { untilThere } from './later'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a screen whose code did not come is asked for until it does', async () => {
  const lost = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))
  const load = vi.fn<() => Promise<string>>(() => Promise.resolve('screen'))
  for (let n = 0; n < 8; n++) load.mockImplementationOnce(lost)
  const came = untilThere(load)
  await vi.advanceTimersByTimeAsync(250)
  expect(load).toHaveBeenCalledTimes(2)
  await vi.advanceTimersByTimeAsync(60_000)
  await expect(came).resolves.toBe('screen')
  expect(load).toHaveBeenCalledTimes(9)
})
