// @vitest-environment happy-dom
/** What those who wait, and those who are waited for, see of the queue. */
import { describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../model/api'
import { Queue } from '../../model/queue'
import { Incoming } from '../console/Incoming'
import { QueueList } from '../console/QueueList'
import { CHEN, LIU, NOW, TABLETS } from '../gallery/people'
import type { RoomState } from '../../contract'
import { UrgentBanner } from '../call/UrgentBanner'
import { inCall, queued, ringing, waiting } from '../gallery/rooms'
import { shown } from '../parts/Toasts'
import { act, byTestId, draw, modelOf, press, signal } from '../testing'
import { about } from './about'
import { Chain } from './Chain'
import { Waiting } from './Waiting'

const me = (person: typeof CHEN) => signal({ person, also: [] })
const store = (parts: Record<string, unknown>) =>
  modelOf({
    me: me(TABLETS[0]!),
    tick: signal(NOW),
    capture: signal({ state: 'on', cameraProblem: null, microphoneProblem: null }),
    cameras: signal([]),
    level: signal(0),
    queue: signal(queued()),
    ...parts,
  })

describe('a store that waits', () => {
  it('sees its place, about how long it takes and until when it stays', async () => {
    await draw(<Waiting room={waiting()} />, store({}))
    expect(byTestId('queue-position').textContent).toBe('第 1 位')
    expect(byTestId('queue-about').textContent).toBe('约 4 分钟')
    expect(byTestId('waiting-time').textContent).toBe('3:12')
  })
  it('is told that nobody knows when nobody does', async () => {
    const calls = queued().calls.map((call) => ({ ...call, about_s: null }))
    await draw(<Waiting room={waiting()} />, store({ queue: signal({ calls, more: 0 }) }), 'en')
    expect(byTestId('queue-about').textContent).toBe('Unknown')
  })
  it('may be called back instead, or leave', async () => {
    const askCallback = vi.fn(() => Promise.resolve())
    const cancelCall = vi.fn(() => Promise.resolve())
    await draw(<Waiting room={waiting()} />, store({ askCallback, cancelCall }))
    await press('ask-callback')
    expect(askCallback).toHaveBeenCalledExactlyOnceWith('room-1')
    await draw(<Waiting room={waiting()} />, store({ askCallback, cancelCall }))
    await press('leave-queue')
    expect(cancelCall).toHaveBeenCalledExactlyOnceWith('room-1')
  })
})

describe('the queue on the console', () => {
  it('says who waits for how long and why, and lets who is free take one', async () => {
    const takeCall = vi.fn(() => Promise.resolve())
    const one = { calls: queued().calls.slice(1, 2), more: 2 }
    await draw(<QueueList />, modelOf({ me: me(CHEN), tick: signal(NOW), queue: signal(one), takeCall }))
    expect(byTestId('queue').textContent).toContain('3 个')
    expect(byTestId('queued-room-2').textContent).toContain('菜品问题')
    expect(byTestId('queued-room-2').textContent).toContain('已等 1:52')
    await press('take-call')
    expect(takeCall).toHaveBeenCalledExactlyOnceWith('room-2')
  })
  it('offers nothing to who is in a call, and is not there when nobody waits', async () => {
    const busy = { me: me(CHEN), tick: signal(NOW), queue: signal(queued()), elsewhere: signal(waiting()) }
    await draw(<QueueList />, modelOf(busy))
    expect(document.querySelector('[data-testid="take-call"]')).toBeNull()
    await draw(<QueueList />, modelOf({ me: me(CHEN), tick: signal(NOW) }))
    expect(document.querySelector('[data-testid="queue"]')).toBeNull()
  })
})

describe('an urgent call', () => {
  it('is said to be so only after a question, and cannot be said twice', async () => {
    const markUrgent = vi.fn(() => Promise.resolve())
    HTMLDialogElement.prototype.showModal = vi.fn()
    await draw(<Waiting room={waiting()} />, store({ markUrgent }))
    await press('urgent')
    expect(markUrgent).not.toHaveBeenCalled()
    await press('urgent-yes')
    expect(markUrgent).toHaveBeenCalledExactlyOnceWith('room-1')
    const room = waiting()
    await draw(<Waiting room={{ ...room, call: { ...room.call!, urgent_at: NOW } }} />, store({}))
    expect(byTestId('is-urgent').textContent).toContain('紧急')
    expect(document.querySelector('[data-testid="urgent"]')).toBeNull()
  })
  it('asks who is in a call to leave it, or is put off', async () => {
    const leaveRoom = vi.fn(() => Promise.resolve())
    const takeCall = vi.fn(() => Promise.resolve())
    const dismissUrgent = vi.fn()
    const urgent = signal({ ...queued().calls[1]!, urgent: true, break_at: NOW })
    const model = modelOf({ urgent, leaveRoom, takeCall, dismissUrgent })
    await draw(<UrgentBanner room={inCall()} />, model)
    await press('urgent-later')
    expect(dismissUrgent).toHaveBeenCalledExactlyOnceWith('room-2')
    await press('urgent-answer')
    expect(leaveRoom).toHaveBeenCalledExactlyOnceWith('room-1')
    expect(takeCall).toHaveBeenCalledExactlyOnceWith('room-2')
  })
  it('that somebody else was first at is told in words to who left a call for it', async () => {
    const urgent = signal({ ...queued().calls[1]!, urgent: true, break_at: NOW })
    const takeCall = () => Promise.reject(new Refusal('conflict'))
    await draw(<UrgentBanner room={inCall()} />, modelOf({ urgent, takeCall }))
    await press('urgent-answer')
    await act(() => Promise.resolve())
    expect(shown.value?.text()).toContain('你的通话已挂断')
  })
  it('breaks in on who fits and talks, from its time on, until it is put off', () => {
    const queue = new Queue()
    const person = signal<string | null>(CHEN.id)
    const current = signal<RoomState | null>(null)
    const tick = signal(NOW)
    queue.follow({ person, current, tick })
    const calls = [{ ...queued().calls[0]!, urgent: true, break_at: NOW + 1000 }]
    queue.take({ type: 'queue', calls, more: 0 })
    expect(queue.urgent.value).toBeNull()
    current.value = inCall()
    expect(queue.urgent.value).toBeNull()
    tick.value = NOW + 1000
    expect(queue.urgent.value?.room).toBe('room-1')
    person.value = LIU.id
    expect(queue.urgent.value).toBeNull()
    person.value = CHEN.id
    queue.dismiss('room-1')
    expect(queue.urgent.value).toBeNull()
  })
})

describe('who cannot answer now', () => {
  it('says "in five minutes", and the store hears from whom', async () => {
    const declineCall = vi.fn(() => Promise.resolve())
    await draw(<Incoming room={ringing()} first />, modelOf({ me: me(CHEN), tick: signal(NOW), declineCall }))
    expect(byTestId('decline-later').textContent).toContain('5 分钟后回')
    await press('decline-later')
    expect(declineCall).toHaveBeenCalledExactlyOnceWith('room-1', 300)
    const promised = { ...ringing().call!, promise: { by: CHEN, due_at: NOW + 300_000 } }
    await draw(<Chain call={promised} now={NOW} />, modelOf({}))
    expect(byTestId('ringing-next').textContent).toContain('陈立群')
  })
})

describe('what the client knows of the queue', () => {
  it('is replaced by each message', () => {
    const queue = new Queue()
    const calls = [...queued().calls]
    queue.take({ type: 'queue', calls, more: 4 })
    expect(queue.waiting.value).toEqual({ calls, more: 4 })
    queue.take({ type: 'queue', calls: [], more: 0 })
    expect(queue.waiting.value.calls).toEqual([])
  })
})

describe('how long a wait is said to be', () => {
  it.each([
    [null, '说不准'],
    [0, '约 1 分钟'],
    [60, '约 1 分钟'],
    [61, '约 2 分钟'],
    [1140, '约 19 分钟'],
  ])('%s s', (seconds, words) => {
    expect(about(seconds)).toBe(words)
  })
})
