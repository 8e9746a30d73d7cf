// @vitest-environment happy-dom
/** Headquarters calls itself: who is found, who rings, what was missed. */
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Person, PresenceEntry, RingStep, RoomState } from '../../contract'
import { nameOf } from '../../i18n'
import { ExpertCall } from '../call/ExpertCall'
import { Incoming } from '../console/Incoming'
import { Desk } from '../desk/Desk'
import { OwnCalls } from '../desk/OwnCalls'
import { fake } from '../gallery/fake'
import { POLICIES } from '../gallery/policies'
import { CHEN, HE, LIU, NOW, TABLETS, ZHANG, entry, member } from '../gallery/people'
import { calling, inCall } from '../gallery/rooms'
import { Calling } from '../ring/Calling'
import { Summary } from '../summary/Summary'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { CallPage } from './CallPage'
import { departmentsOf } from './find'

const inside = (person: Person, zh: string, en: string): Person => ({ ...person, department: { zh, en } })
const CHEN_IN = inside(CHEN, '工程部', 'Engineering')
const HE_IN = inside(HE, '培训部', 'Training')
const COLLEAGUES: PresenceEntry[] = [
  entry(CHEN_IN, 'free'),
  entry(inside(ZHANG, '工程部', 'Engineering'), 'away'),
  entry(HE_IN, 'free'),
  entry(LIU, 'busy'),
]
/** CHEN calls HE. */
const room = (more: Partial<RoomState> = {}): RoomState => {
  const call = { ...calling().call!, store: null, reason: 'any' as const, caller: CHEN.id }
  const first: RingStep = { who: 'person', skills: [], min_level: 1, ring_ms: 45_000, person: HE_IN }
  const members = [member(CHEN_IN, 'joined', { host: true }), member(HE_IN, 'ringing')]
  return { ...calling(), members, call: { ...call, steps: [first] }, ...more }
}
const startCall = vi.fn<(...said: unknown[]) => Promise<string>>(() => Promise.resolve('room-1'))
const parts = (person: Person, policies = POLICIES) => ({
  me: signal({ person, also: [], chain: { zh: '', en: '' }, policies }),
  tick: signal(NOW),
  link: signal('online'),
  colleagues: signal(COLLEAGUES),
  experts: signal([]),
  stores: signal([entry(TABLETS[0]!, 'free')]),
  rooms: signal<ReadonlyMap<string, RoomState>>(new Map()),
  cameras: signal([]),
  level: signal(0),
  capture: signal({}),
  startCall,
})
const page = (policies = POLICIES) =>
  draw(
    <LocationProvider>
      <CallPage />
    </LocationProvider>,
    modelOf(parts(CHEN_IN, policies)),
  )
const rows = () =>
  [...document.querySelectorAll<HTMLElement>('.find-line')].map((row) => row.dataset.testid?.slice(7))

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
  startCall.mockClear()
})

describe('the directory of headquarters', () => {
  it.each([
    ['', ['p-zhang', 'p-he', 'p-liu']],
    ['何', ['p-he']],
    ['pxb', ['p-he']],
    ['training', ['p-he']],
    ['gcb', ['p-zhang']],
    ['sb', ['p-zhang']],
  ])('%j finds %j, by department and without oneself', async (query, found) => {
    await page()
    await type('store-search', query)
    expect(rows()).toEqual(found)
  })
  it('groups by department, whoever is in none last', () => {
    const names = departmentsOf(COLLEAGUES).map(({ name, people }) => [nameOf(name), people.length])
    expect(names).toEqual([
      ['工程部', 2],
      ['培训部', 1],
      ['', 1],
    ])
  })
  it('calls a person or a team by one press', async () => {
    await page()
    expect(byTestId<HTMLButtonElement>('call-p-liu').disabled, 'busy').toBe(true)
    await press('call-p-he')
    expect(startCall).toHaveBeenLastCalledWith('any', undefined, { person: HE.id })
    await act(() => Promise.resolve())
    await press('call-group-equipment')
    expect(startCall).toHaveBeenLastCalledWith('any', undefined, { group: 'equipment' })
  })
  it('only shows people where the rules forbid to call them', async () => {
    await page({ ...POLICIES, colleagues_call: false })
    expect(rows()).toContain('p-he')
    expect(document.querySelector('[data-testid="call-p-he"], [data-testid^="call-group"]')).toBeNull()
    expect(byTestId('stores').textContent).toContain('静安寺店')
  })
})

describe('a call of a colleague', () => {
  it('says whom it rings', async () => {
    await draw(<Calling room={room()} />, modelOf(parts(CHEN_IN)))
    expect(document.querySelector('h1')!.textContent).toContain('正在呼叫何静')
    expect(byTestId('rung-p-he').textContent).toContain('培训师')
    expect(byTestId('calling').textContent).toContain('总部内部通话')
  })
  it('rings on any page with who calls, and is not put off', async () => {
    const model = modelOf(parts(HE_IN))
    await draw(<OwnCalls rings={[room()]} />, model)
    expect(byTestId('incoming').textContent).toMatch(/陈立群.*设备专家 · 工程部/)
    expect(document.querySelector('[data-testid="decline-later"]')).toBeNull()
    await draw(<Incoming room={room()} first />, model)
    expect(byTestId('incoming-to').textContent).toBe('点名找你')
  })
  it('rings on a page that is no place of the rail', async () => {
    history.replaceState(null, '', '/account')
    await draw(
      <LocationProvider>
        <Desk>{null}</Desk>
      </LocationProvider>,
      modelOf({ ...parts(CHEN_IN), incoming: signal([calling()]) }),
    )
    expect(byTestId('own-calls').querySelector('[data-testid="accept"]')).not.toBeNull()
    expect(byTestId('nav-console').hasAttribute('aria-current')).toBe(false)
    expect(byTestId('to-account').getAttribute('aria-current')).toBe('page')
    history.replaceState(null, '', '/')
  })
  it('in vain says so, and is repeated to the same', async () => {
    const over = room({ closed_at: NOW, end: 'missed' })
    await draw(
      <LocationProvider>
        <Summary room={over} />
      </LocationProvider>,
      modelOf(parts(CHEN_IN)),
    )
    expect(byTestId('summary').textContent).toContain('没有接听')
    await press('call-again')
    expect(startCall).toHaveBeenLastCalledWith('any', undefined, { person: HE.id })
  })
  it('has nobody to put on hold', async () => {
    const talking = inCall(0)
    const call = { ...talking.call!, store: null, caller: CHEN.id, answered_by: HE.id }
    const members = [member(CHEN_IN, 'joined', { host: true }), member(HE_IN, 'joined')]
    const talk = { ...talking, call, members }
    await draw(<ExpertCall room={talk} />, fake({ me: CHEN_IN, current: talk }))
    expect(document.querySelector('h1')!.textContent).toContain('何静')
    await vi.waitFor(() => byTestId('hang-up'))
    expect(document.querySelector('[data-testid="hold"]')).toBeNull()
    expect(document.querySelector('[data-testid="leave-to-it"]'), 'nobody is left to it').toBeNull()
  })
})

it('a missed one is called back by one press', async () => {
  const missed = () => Promise.resolve({ calls: [{ by: HE_IN, at: NOW - 60_000 }] })
  await draw(<OwnCalls rings={[]} />, modelOf({ ...parts(CHEN_IN), rings: { missed } }))
  await act(() => Promise.resolve())
  expect(byTestId('missed-call').textContent).toContain('何静')
  await press('call-back')
  expect(startCall).toHaveBeenLastCalledWith('any', undefined, { person: HE.id })
})

it('one that did not ring is shown as soon as it is over', async () => {
  const missed = vi.fn(() => Promise.resolve({ calls: [{ by: CHEN_IN, at: NOW }] }))
  missed.mockResolvedValueOnce({ calls: [] })
  const model = { ...parts(HE_IN), rings: { missed } }
  await draw(<OwnCalls rings={[]} />, modelOf(model))
  await act(() => Promise.resolve())
  expect(document.querySelector('[data-testid="missed-call"]')).toBeNull()
  const members = [member(CHEN_IN, 'left', { host: true }), member(HE_IN, 'missed')]
  const over = room({ closed_at: NOW, end: 'missed', members })
  await act(() => {
    model.rooms.value = new Map([[over.id, over]])
    return Promise.resolve()
  })
  await act(() => Promise.resolve())
  expect(byTestId('missed-call').textContent).toContain('陈立群')
  expect(missed).toHaveBeenCalledTimes(2)
})
