// @vitest-environment happy-dom
/** What stores and headquarters see of a call in vain. */
import { describe, expect, it, vi } from 'vitest'
import type { Callback, Role } from '../../contract'
import { Callbacks } from '../../model/callbacks'
import { CHEN, NOW, STORES, TABLETS, ZHANG, entry } from '../gallery/people'
import { byTestId, draw, modelOf, press, signal } from '../testing'
import { CallbackList } from './CallbackList'

const item = (more: Partial<Callback> = {}): Callback => ({
  room: 'room-1',
  store: STORES[0]!,
  reason: 'equipment',
  why: 'missed',
  calls: 1,
  rung_at: NOW - 60_000,
  at: null,
  note: '',
  booked_at: null,
  due_at: NOW + 840_000,
  state: 'open',
  owner: null,
  unattended: false,
  urgency: 'none',
  done_at: null,
  done_by: null,
  ...more,
})
const me = (person: typeof CHEN, also: Role[] = []) => signal({ person, also })
const stores = signal([entry(TABLETS[0]!, 'free')])

describe('the callbacks of headquarters', () => {
  it('say how long there is, and are taken', async () => {
    const takeCallback = vi.fn(() => Promise.resolve())
    const model = modelOf({
      me: me(CHEN),
      tick: signal(NOW),
      stores,
      callbacks: signal([item()]),
      takeCallback,
    })
    await draw(<CallbackList />, model)
    expect(byTestId('callback-room-1').textContent).toContain('还有 14 分')
    expect(byTestId('callback-room-1').textContent).toContain('未分配')
    await press('callback-take')
    expect(takeCallback).toHaveBeenCalledExactlyOnceWith('room-1')
  })
  it('say how late they are, and leave to others what others have taken', async () => {
    const late = item({ due_at: NOW - 720_000, state: 'taken', owner: ZHANG, calls: 2 })
    await draw(
      <CallbackList />,
      modelOf({ me: me(CHEN), tick: signal(NOW), stores, callbacks: signal([late]) }),
    )
    expect(byTestId('callback-room-1').textContent).toContain('已超 12 分')
    expect(byTestId('callback-room-1').textContent).toContain('打了 2 次')
    expect(document.querySelector('[data-testid="callback-done"]')).toBeNull()
  })
  it('are given back and done by who oversees them, if only by a further role', async () => {
    const taken = signal([item({ state: 'taken', owner: ZHANG })])
    await draw(
      <CallbackList />,
      modelOf({ me: me(CHEN, ['manager']), tick: signal(NOW), stores, callbacks: taken }),
    )
    expect(byTestId('callback-done')).toBeDefined()
  })
  it('are called back by one press, which takes them', async () => {
    const acts: string[] = []
    const takeCallback = (room: string) => Promise.resolve(void acts.push(`take ${room}`))
    const callStore = (...asked: string[]) => Promise.resolve(void acts.push(asked.join(' ')))
    const parts = {
      me: me(CHEN),
      tick: signal(NOW),
      stores,
      callbacks: signal([item()]),
      takeCallback,
      callStore,
    }
    await draw(<CallbackList />, modelOf(parts))
    await press('callback-call')
    expect(acts).toEqual(['take room-1', 's-0117 equipment'])
    await draw(<CallbackList />, modelOf({ ...parts, stores: signal([entry(TABLETS[0]!, 'busy')]) }))
    expect(byTestId<HTMLButtonElement>('callback-call').disabled).toBe(true)
  })
  it('are finished by whoever took them', async () => {
    const finishCallback = vi.fn(() => Promise.resolve())
    const mine = item({ state: 'taken', owner: CHEN })
    const model = modelOf({
      me: me(CHEN),
      tick: signal(NOW),
      stores,
      callbacks: signal([mine]),
      finishCallback,
    })
    await draw(<CallbackList />, model, 'en')
    expect(byTestId('callback-room-1').textContent).toContain('You call back')
    await press('callback-done')
    expect(finishCallback).toHaveBeenCalledExactlyOnceWith('room-1')
  })
})

describe('what the client knows of callbacks', () => {
  it('is replaced after a welcome, then changed one by one, and nothing that is done is due', () => {
    const known = new Callbacks()
    const say = (items: Callback[], all: boolean) => known.take({ type: 'callbacks', items, all })
    say([item(), item({ room: 'room-0', rung_at: NOW - 90_000 })], true)
    expect(known.due.value.map((one) => one.room)).toEqual(['room-0', 'room-1'])
    say([item({ state: 'done' })], false)
    expect(known.due.value.map((one) => one.room)).toEqual(['room-0'])
    say([], true)
    expect(known.due.value).toEqual([])
  })
})
