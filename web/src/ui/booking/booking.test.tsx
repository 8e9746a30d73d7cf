// @vitest-environment happy-dom
/** A store chooses when it is called back, and sees who calls and when. */
import { render } from 'preact'
import { LocationProvider } from 'preact-iso'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Callback } from '../../contract'
import { Refusal } from '../../model/api'
import { CallbackList } from '../callbacks/CallbackList'
import { Reminder } from '../callbacks/Reminder'
import { CHEN, NOW, STORES, TABLETS, ZHANG, entry } from '../gallery/people'
import { ended } from '../gallery/rooms'
import { Promised } from '../home/Promised'
import { shown } from '../parts/Toasts'
import { Summary } from '../summary/Summary'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { BookDialog } from './BookDialog'
import { BookRow } from './BookRow'
import { calledBack } from './words'

const THREE = new Date(2026, 10, 21, 15, 0).getTime()
const DAY_MS = 86_400_000
const callbackSlots = vi.fn<(reason: string) => Promise<number[]>>()
const bookCallback = vi.fn<(...said: unknown[]) => Promise<void>>()
const cancelCallback = vi.fn(() => Promise.resolve())
const parts = { link: signal('online'), tick: signal(NOW), callbackSlots, bookCallback, cancelCallback }
const booked = (more: Partial<Callback> = {}): Callback => ({
  room: 'room-1',
  store: STORES[0]!,
  reason: 'dishes',
  why: 'callback',
  calls: 0,
  rung_at: NOW - 60_000,
  at: THREE,
  note: '',
  booked_at: null,
  due_at: THREE + 900_000,
  state: 'open',
  owner: null,
  unattended: false,
  urgency: 'none',
  done_at: null,
  done_by: null,
  ...more,
})
const choices = () =>
  [...document.querySelectorAll('.book-choice')].map((one) => one.textContent?.replaceAll(/\s+/g, ' ').trim())
const rules = (stores_call: boolean, headquarters_calls: boolean) =>
  signal({ person: TABLETS[0]!, also: [], policies: { stores_call, headquarters_calls } })

beforeEach(() => {
  HTMLDialogElement.prototype.showModal ??= () => undefined
  callbackSlots.mockReset().mockResolvedValue([THREE, THREE + 900_000, THREE + DAY_MS])
  bookCallback.mockReset().mockResolvedValue()
  cancelCallback.mockClear()
})
afterEach(() => {
  shown.value = null
})

describe('a store that books a call', () => {
  it('says what about, when and a word, and that is all', async () => {
    const onClose = vi.fn()
    await draw(<BookDialog onClose={onClose} />, modelOf(parts))
    expect(choices().slice(3)).toEqual(['尽快有人空下来就打', '15:00', '15:15', '明天 15:00'])
    await press('book-dishes')
    await act(() => Promise.resolve())
    expect(callbackSlots.mock.calls).toEqual([['equipment'], ['dishes']])
    await press(`book-at-${THREE}`)
    await type('book-note', ' 酱料不对 ')
    await press('book-yes')
    expect(bookCallback).toHaveBeenCalledExactlyOnceWith('dishes', THREE, '酱料不对')
    await act(() => Promise.resolve())
    expect(onClose).toHaveBeenCalledOnce()
  })
  it('is called as soon as possible unless it says when', async () => {
    await draw(<BookDialog reason="other" onClose={() => undefined} />, modelOf(parts))
    expect(document.querySelector('[data-testid="book-dishes"]'), 'it is known what about').toBeNull()
    await press('book-yes')
    expect(bookCallback).toHaveBeenCalledExactlyOnceWith('other', null, '')
  })
  it.each([
    ['conflict', '这个时间已经约不上了，请换一个。'],
    ['over', '这个时间已经过了，或者太近：至少要提前 5 分钟约，请换一个。'],
  ] as const)('is told why it cannot have a time (%s), and offered others', async (code, words) => {
    const onClose = vi.fn()
    bookCallback.mockRejectedValueOnce(new Refusal(code))
    await draw(<BookDialog onClose={onClose} />, modelOf(parts))
    await press(`book-at-${THREE}`)
    callbackSlots.mockResolvedValue([THREE + 900_000])
    await press('book-yes')
    await act(() => new Promise((done) => setTimeout(done)))
    expect(byTestId('book-word').textContent).toBe(words)
    expect(choices().slice(3)).toEqual(['尽快有人空下来就打', '15:15'])
    expect(onClose).not.toHaveBeenCalled()
  })
  it.each([
    [() => Promise.resolve([]), 'No expert is on duty'],
    [() => Promise.reject(new Refusal('offline')), 'could not be loaded'],
    [() => new Promise<number[]>(() => undefined), 'Looking for times'],
  ])('reads why there are no times', async (answer, words) => {
    callbackSlots.mockImplementation(answer)
    await draw(<BookDialog onClose={() => undefined} />, modelOf(parts), 'en')
    expect(byTestId('book-word').textContent).toContain(words)
  })
  it('changes it, or needs it no more', async () => {
    const onClose = vi.fn()
    await draw(<BookDialog item={booked({ note: '冷' })} onClose={onClose} />, modelOf(parts))
    expect(byTestId<HTMLInputElement>(`book-at-${THREE}`).checked).toBe(true)
    expect(byTestId<HTMLInputElement>('book-note').value).toBe('冷')
    await press('book-cancel')
    expect(cancelCallback).toHaveBeenCalledExactlyOnceWith('room-1')
    await act(() => Promise.resolve())
    expect(onClose).toHaveBeenCalledOnce()
  })
  it('does not lose sight of what is being said', async () => {
    const onClose = vi.fn()
    const onBooked = vi.fn()
    let answered = () => {}
    bookCallback.mockReturnValueOnce(new Promise((on) => (answered = on)))
    await draw(<BookDialog onBooked={onBooked} onClose={onClose} />, modelOf(parts))
    await press('book-yes')
    await press('book-close')
    await act(() => void byTestId('book-dialog').dispatchEvent(new Event('cancel')))
    expect(onClose).not.toHaveBeenCalled()
    const shows = vi.spyOn(byTestId<HTMLDialogElement>('book-dialog'), 'showModal')
    await act(() => void byTestId('book-dialog').dispatchEvent(new Event('close')))
    expect(shows, 'at the second Escape the browser does not ask').toHaveBeenCalledOnce()
    await act(() => answered())
    expect([onBooked.mock.calls.length, onClose.mock.calls.length]).toEqual([1, 1])
  })
  it('gives up no call by a screen that is gone', async () => {
    const onBooked = vi.fn()
    let answered = () => {}
    bookCallback.mockReturnValueOnce(new Promise((on) => (answered = on)))
    await draw(<BookDialog onBooked={onBooked} onClose={() => undefined} />, modelOf(parts))
    await press('book-yes')
    const root = document.body.firstElementChild!
    await act(() => render(null, root))
    await act(() => answered())
    expect(onBooked).not.toHaveBeenCalled()
  })
  it('is called as soon as possible once the time that was booked is past', async () => {
    const item = booked({ at: NOW - 60_000 })
    await draw(<BookDialog item={item} onClose={() => undefined} />, modelOf(parts))
    await press('book-yes')
    expect(bookCallback).toHaveBeenCalledExactlyOnceWith('dishes', null, '')
  })
  it.each([
    [true, true, true],
    [false, true, false],
    [true, false, false],
  ])('may do so if the rules let both call (%s, %s)', async (stores, headquarters, may) => {
    await draw(<BookRow />, modelOf({ ...parts, me: rules(stores, headquarters) }))
    expect(document.querySelector('[data-testid="book"]') !== null).toBe(may)
  })
})

describe('what a store reads of it', () => {
  it.each([
    [booked({ owner: CHEN, state: 'taken' }), '陈立群 15:00 回电', 'Chen Liqun calls back at 15:00'],
    [booked(), '15:00 回电', 'Call back at 15:00'],
    [
      booked({ at: THREE + DAY_MS, due_at: THREE + DAY_MS + 1 }),
      '明天 15:00 回电',
      'Call back at 15:00 tomorrow',
    ],
    [
      booked({ at: null, calls: 1, due_at: NOW + 60_000 }),
      '总部 14:33 前打回来。',
      'Headquarters calls you back by 14:33.',
    ],
    [booked({ due_at: NOW }), '总部会打回来 · 尽快', 'Headquarters will call back · as soon as possible'],
  ])('is one line', async (item, zh, en) => {
    await draw(<i />, modelOf(parts))
    expect(calledBack(item, NOW)).toBe(zh)
    await draw(<i />, modelOf(parts), 'en')
    expect(calledBack(item, NOW)).toBe(en)
  })
  it('stands on its home with a way to change it', async () => {
    const model = modelOf({ ...parts, me: rules(true, true), callbacks: signal([booked({ note: '冷' })]) })
    await draw(<Promised now={NOW} />, model)
    expect(byTestId('promised-room-1').textContent).toBe('15:00 回电菜品问题“冷”改时间')
    await press('booking-change')
    expect(byTestId('book-dialog')).toBeDefined()
  })
  it('is offered after a call in vain', async () => {
    const room = ended('missed', 'off')
    const reason = room.call!.reason
    const item = booked({ at: null, calls: 1, reason, store: room.call!.store! })
    const model = modelOf({ ...parts, me: rules(true, true), callbacks: signal([item]) })
    await draw(
      <LocationProvider>
        <Summary room={room} />
      </LocationProvider>,
      model,
    )
    await press('book')
    expect(callbackSlots).toHaveBeenCalledExactlyOnceWith(reason)
  })
})

describe('who calls back', () => {
  const list = (item: Callback, now: number) =>
    draw(
      <CallbackList />,
      modelOf({
        me: signal({ person: CHEN, also: [] }),
        tick: signal(now),
        stores: signal([entry(TABLETS[0]!, 'free')]),
        callbacks: signal([item]),
      }),
      'en',
    )
  it('sees when, and how long until then', async () => {
    await list(booked({ note: 'cold' }), THREE - 600_000)
    const words = byTestId('callback-room-1').textContent
    for (const part of ['booked', '“cold”', 'Call back at 15:00', '10 min 0 s left'])
      expect(words).toContain(part)
    await list(booked(), THREE + 1)
    expect(byTestId('callback-room-1').textContent).toContain('call now')
    await list(booked(), THREE + 960_000)
    expect(byTestId('callback-room-1').textContent).toContain('1 min 0 s late')
  })
  it('is reminded once, and of their own alone', async () => {
    const callbacks = signal([booked({ urgency: 'soon', owner: ZHANG, state: 'taken' })])
    const model = modelOf({ me: signal({ person: CHEN, also: [] }), callbacks })
    await draw(<Reminder />, model)
    expect(shown.value).toBeNull()
    const mine = booked({ urgency: 'soon', owner: CHEN, state: 'taken' })
    await draw(<Reminder />, modelOf({ me: signal({ person: CHEN, also: [] }), callbacks: signal([mine]) }))
    expect(shown.value?.text()).toBe('15:00 该给静安寺店回电了')
    shown.value = null
    await draw(<Reminder />, modelOf({ me: signal({ person: CHEN, also: [] }), callbacks: signal([mine]) }))
    expect(shown.value, 'on the next page').toBeNull()
  })
})
