import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EVERY_MS, MOST, Unanswered, hedged } from './hedged'
import { Refusal } from './refusal'

interface Asked {
  signal: AbortSignal
  answer: (value: string) => void
  fail: (error: unknown) => void
}

let asked: Asked[]
const ask = (signal: AbortSignal) =>
  new Promise<string>((answer, fail) => void asked.push({ signal, answer, fail }))

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
})
afterEach(() => vi.useRealTimers())

test('a quick answer needs no second request', async () => {
  const told = hedged(ask)
  asked[0]!.answer('one')
  expect(await told).toBe('one')
  await vi.advanceTimersByTimeAsync(10 * EVERY_MS)
  expect(asked).toHaveLength(1)
})

test('the first answer counts and ends the others', async () => {
  const told = hedged(ask)
  await vi.advanceTimersByTimeAsync(2 * EVERY_MS)
  expect(asked).toHaveLength(3)
  asked[1]!.answer('two')
  expect(await told).toBe('two')
  expect(asked.every(({ signal }) => signal.aborted)).toBe(true)
})

test('a refusal is an answer', async () => {
  const told = hedged(ask)
  await vi.advanceTimersByTimeAsync(EVERY_MS)
  asked[0]!.fail(new Refusal('sign_in'))
  await expect(told).rejects.toMatchObject({ code: 'sign_in' })
})

test('one request that fails leaves the others their chance, the last one ends it', async () => {
  const told = hedged(ask)
  await vi.advanceTimersByTimeAsync(EVERY_MS)
  asked[0]!.fail(new Refusal('offline'))
  asked[1]!.answer('two')
  expect(await told).toBe('two')
  const again = hedged(ask)
  asked[2]!.fail(new Refusal('offline'))
  await expect(again).rejects.toMatchObject({ code: 'offline' })
})

test('it does not ask for ever', async () => {
  const told = hedged(ask).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(MOST * EVERY_MS)
  expect(asked).toHaveLength(MOST)
  expect(await told).toBeInstanceOf(Unanswered)
})
