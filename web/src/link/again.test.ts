import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EVERY_MS, PATIENCE_MS, again } from './again'
import { Refusal } from './refusal'

const offline = () => Promise.reject(new Refusal('offline'))

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('what the network lost is said again until it is answered', async () => {
  const ask = vi.fn(offline).mockImplementationOnce(offline).mockImplementationOnce(offline)
  ask.mockImplementationOnce(() => Promise.resolve('done' as never))
  const told = again(ask)
  await vi.advanceTimersByTimeAsync(2 * EVERY_MS)
  await expect(told).resolves.toBe('done')
  expect(ask).toHaveBeenCalledTimes(3)
})

test('a refusal counts at once', async () => {
  const ask = vi.fn(() => Promise.reject(new Refusal('conflict')))
  await expect(again(ask)).rejects.toMatchObject({ code: 'conflict' })
  expect(ask).toHaveBeenCalledOnce()
})

test('who stays offline is told so', async () => {
  const told = expect(again(offline)).rejects.toMatchObject({ code: 'offline' })
  await vi.advanceTimersByTimeAsync(PATIENCE_MS)
  await told
})

test('a request that hung is not repeated after its time', async () => {
  const ask = vi.fn(() => new Promise<never>((_, no) => setTimeout(() => no(new Refusal('offline')), 20_000)))
  const told = expect(again(ask)).rejects.toMatchObject({ code: 'offline' })
  await vi.advanceTimersByTimeAsync(20_000)
  await told
  expect(ask).toHaveBeenCalledOnce()
})
