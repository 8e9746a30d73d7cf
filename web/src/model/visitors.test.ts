/** A visitor's way into the lobby. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { RoomId } from '../contract'
import { Refusal } from '../link/refusal'
import { OwnStay } from './visitors'

const ask = vi.hoisted(() => vi.fn())
vi.mock('../link/http', () => ({ call: ask }))

const ROOM = 'r-1' as RoomId
const KNOCK = [{ type: 'come_in', room: ROOM }]
const issue = vi.fn()

beforeEach(() => {
  vi.useFakeTimers()
  issue.mockReset().mockResolvedValue(ROOM)
  ask.mockReset().mockResolvedValue({ room: ROOM })
})
afterEach(() => vi.useRealTimers())

it('asks until it is heard while the server is in trouble', async () => {
  const stay = new OwnStay()
  ask.mockRejectedValueOnce(new Refusal('offline')).mockRejectedValueOnce(new Refusal('unavailable'))
  issue.mockRejectedValueOnce(new Refusal('busy'))
  const asked = stay.comeIn(issue)
  await vi.runAllTimersAsync()
  await asked
  expect(issue.mock.calls).toEqual([KNOCK, KNOCK])
  expect(stay.state.value).toBeNull()
  stay.take({ type: 'visit', room: ROOM, stage: 'waiting', why: null })
  expect(stay.state.value?.stage).toBe('waiting')
})

it('says why it was refused, until somebody tries again', async () => {
  const stay = new OwnStay()
  issue.mockRejectedValueOnce(new Refusal('too_many'))
  await stay.comeIn(issue)
  expect(stay.state.value).toEqual({ stage: 'refused', why: null, code: 'too_many' })
  await stay.comeIn(issue)
  expect(stay.state.value).toBeNull()
  expect(issue).toHaveBeenCalledTimes(2)
})

it('leaves the last word to the server, and the asking to the newest connection', async () => {
  const stay = new OwnStay()
  ask.mockRejectedValueOnce(new Refusal('offline'))
  const cutOff = stay.comeIn(issue)
  await stay.comeIn(issue)
  await vi.runAllTimersAsync()
  await cutOff
  expect(issue).toHaveBeenCalledOnce()
  issue.mockImplementationOnce(() => {
    stay.take({ type: 'visit', room: ROOM, stage: 'over', why: 'refused' })
    return Promise.reject(new Refusal('over'))
  })
  await stay.comeIn(issue)
  expect(stay.state.value?.stage).toBe('over')
  await stay.comeIn(issue)
  expect(issue).toHaveBeenCalledTimes(2)
})
