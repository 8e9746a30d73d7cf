// @vitest-environment happy-dom
/** What the server says of a person reaches the model of the tab. */
import { expect, it, vi } from 'vitest'
import type { SocketOptions } from '../link/socket'
import { TABLETS, entry } from '../ui/gallery/people'

const made = vi.hoisted(() => [] as SocketOptions[])
vi.mock('../link/socket', () => ({
  Socket: class {
    constructor(options: SocketOptions) {
      made.push(options)
    }
    nudge() {}
    setBrisk() {}
    send() {
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
