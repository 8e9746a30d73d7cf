// @vitest-environment happy-dom
/** What the server says of a person reaches the model of the tab. */
import type { Signal } from '@preact/signals'
import { expect, it, vi } from 'vitest'
import type { ClientMessage, Me } from '../contract'
import type { SocketOptions } from '../link/socket'
import { CHEN, TABLETS, entry } from '../ui/gallery/people'

const made = vi.hoisted(() => [] as SocketOptions[])
const sent = vi.hoisted(() => [] as ClientMessage[])
vi.mock('../link/socket', () => ({
  Socket: class {
    constructor(options: SocketOptions) {
      made.push(options)
    }
    nudge() {}
    setBrisk() {}
    send(message: ClientMessage) {
      sent.push(message)
      return true
    }
  },
}))
vi.mock('../link/http', () => ({ call: () => new Promise(() => undefined) }))

it('who has other roles from now on forgets the stores they saw by those of before', async () => {
  const { model } = await import('./model')
  const [socket] = made
  socket!.onMessage({ type: 'presence', entries: [entry(TABLETS[0]!, 'free')] })
  expect(model.stores.value).toHaveLength(1)
  socket!.onBye('roles_changed')
  expect(model.stores.value).toEqual([])
  socket!.onMessage({ type: 'presence', entries: [entry(TABLETS[3]!, 'free')] })
  expect(model.stores.value.map(({ person }) => person.id)).toEqual([TABLETS[3]!.id])
})

it('says again whether somebody sits here once that was refused for its pace', async () => {
  const { model } = await import('./model')
  const [socket] = made
  vi.useFakeTimers()
  ;(model.me as Signal<Me | null>).value = { person: CHEN } as Me
  sent.length = 0
  socket!.onMessage({ type: 'error', code: 'too_many', cid: null, detail: '', retry_after_s: 5 })
  vi.advanceTimersByTime(4999)
  expect(sent).toEqual([])
  vi.advanceTimersByTime(60_000)
  expect(sent).toEqual([{ type: 'attend', here: true }])
  vi.useRealTimers()
})
