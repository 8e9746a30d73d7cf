import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ASK_MS, PATIENCE_MS, PAUSE_MS, again } from './again'
import { Refusal } from './refusal'

const offline = () => Promise.reject(new Refusal('offline'))
const hangs = (signal: AbortSignal) =>
  new Promise<never>((_, no) => {
    signal.addEventListener('abort', () => no(new Refusal('offline')))
  })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('what the network lost is said again until it is answered', async () => {
  const ask = vi.fn<(signal: AbortSignal) => Promise<string>>(() => Promise.resolve('done'))
  ask.mockImplementationOnce(offline).mockImplementationOnce(hangs)
  const told = again(ask)
  await vi.advanceTimersByTimeAsync(PAUSE_MS + ASK_MS + PAUSE_MS)
  await expect(told).resolves.toBe('done')
  expect(ask).toHaveBeenCalledTimes(3)
})

test('a refusal counts at once', async () => {
  const ask = vi.fn(() => Promise.reject(new Refusal('conflict')))
  await expect(again(ask)).rejects.toMatchObject({ code: 'conflict' })
  expect(ask).toHaveBeenCalledOnce()
})

test.each([offline, hangs])('who stays offline is told so', async (ask) => {
  const told = expect(again(ask)).rejects.toMatchObject({ code: 'offline' })
  await vi.advanceTimersByTimeAsync(PATIENCE_MS + ASK_MS)
  await told
})
