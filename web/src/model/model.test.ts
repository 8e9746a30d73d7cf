// @vitest-environment happy-dom
/** The parts of the model as they are put together: what the server says of a call, and what the person does in it. */
import 'fake-indexeddb/auto'
import { expect, it, vi } from 'vitest'
import type { ClientMessage, RoomEvent, RoomState, ServerMessage, Welcome } from '../contract'
import type { SocketOptions } from '../link/socket'
import { Media } from '../rtc/media'
import { CHEN } from '../ui/gallery/people'
import fixture from './fixtures/rooms.json'

const made = vi.hoisted(() => [] as SocketOptions[])
const sent = vi.hoisted(() => [] as ClientMessage[])
vi.mock('../link/socket', () => ({
  Socket: class {
    constructor(options: SocketOptions) {
      made.push(options)
    }
    start() {}
    stop() {}
    nudge() {}
    setBrisk() {}
    send(message: ClientMessage) {
      sent.push(message)
      return true
    }
  },
}))
vi.mock('../link/http', () => ({
  call: (_method: string, path: string) =>
    Promise.resolve(path === '/api/me' ? { person: { ...CHEN, id: 'p-chen' }, also: [], version: '1' } : {}),
}))

const steps = fixture.steps as unknown as { event: RoomEvent; after: RoomState }[]
const kinds = (): string[] => sent.splice(0).map(({ type }) => type)

it('a call rings, is answered here, muted, and ends; whoever signs out leaves nothing behind', async () => {
  const aim = vi.spyOn(Media.prototype, 'aim').mockReturnValue(undefined)
  const { model } = await import('./model')
  const [socket] = made
  const say = (message: unknown): void => socket!.onMessage(message as ServerMessage)
  const step = (i: number): void =>
    say({ type: 'room_event', room: 'r-1', ver: steps[i]!.after.ver, event: steps[i]!.event })
  await model.start()
  socket!.onState('online')
  socket!.onWelcome({ type: 'welcome', session: 's-b', resumed: false, heads: {} } as unknown as Welcome)
  say({ type: 'room', room: fixture.start })
  kinds()

  step(0)
  expect(model.incoming.value.map(({ id }) => id)).toEqual(['r-1'])
  expect(kinds()).toContain('rung')
  expect(aim).toHaveBeenLastCalledWith(expect.objectContaining({ room: 'r-1', publish: false }))
  const accepted = model.acceptCall('r-1')
  const wish = sent.find(({ type }) => type === 'accept_call') as ClientMessage & { cid: string }
  expect(model.answering.value?.id).toBe('r-1')
  expect(aim).toHaveBeenLastCalledWith(
    expect.objectContaining({ room: 'r-1', session: 's-b', publish: true }),
  )
  step(1)
  step(2)
  say({ type: 'done', cid: wish.cid, room: 'r-1' })
  await accepted
  expect([model.current.value?.id, model.answering.value]).toEqual(['r-1', null])
  kinds()

  const muting = model.setMuted(true)
  expect(model.muted.value).toBe(true)
  const [told] = sent.splice(0) as (ClientMessage & { cid: string })[]
  expect(told?.type).toBe('set_media')
  say({ type: 'done', cid: told!.cid, room: null })
  await muting
  say({ type: 'own_clients', clients: [{ session: 's-phone' }] })
  expect(model.places.value).toHaveLength(1)
  say({ type: 'queue', calls: [], more: 2 })
  expect(model.queue.value.more).toBe(2)

  for (let i = 3; i < steps.length; i++) step(i)
  expect([model.current.value, model.summary.value?.id]).toEqual([null, 'r-1'])
  expect(aim).toHaveBeenLastCalledWith(null)
  await model.signOut()
  expect([model.me.value, model.summary.value, model.rooms.value.size]).toEqual([null, null, 0])
  expect(model.queue.value.more).toBe(0)
})
