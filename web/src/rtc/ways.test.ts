import { signal } from '@preact/signals'
import { expect, test } from 'vitest'
import type { Ice, PersonId } from '../contract'
import { Ways } from './ways'

test('the server is asked once in half a life, and again for another person or after a refusal', async () => {
  let asked = 0
  let nowMs = 0
  let refuse = false
  const person = signal<PersonId | null>('p-chen' as PersonId)
  const ask = async (): Promise<Ice> => {
    asked += 1
    if (refuse) throw new Error('no')
    return { servers: [], relay_only: false, life_s: 100 }
  }
  const ways = new Ways(person, ask, () => nowMs)
  await ways.get()
  nowMs = 49_000
  await ways.get()
  expect(asked).toBe(1)
  nowMs = 51_000
  await ways.get()
  expect(asked).toBe(2)
  person.value = 'p-zhang' as PersonId
  refuse = true
  await expect(ways.get()).rejects.toThrow('no')
  refuse = false
  await ways.get()
  expect(asked).toBe(4)
})
