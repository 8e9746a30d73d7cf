// @vitest-environment happy-dom
/** A store finds people and teams, and calls them. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Call, PresenceEntry } from '../../contract'
import { Refusal } from '../../model/api'
import { CHEN, LIU, NOW, TABLETS, ZHANG, ZHOU, entry } from '../gallery/people'
import { ringing } from '../gallery/rooms'
import { Incoming } from '../console/Incoming'
import { Ringing } from '../ring/Ringing'
import { shown } from '../parts/Toasts'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { FindPage } from './FindPage'
import { calledIn, groupsFound, peopleFound } from './find'

const EXPERTS = [entry(CHEN, 'free'), entry(ZHANG, 'away'), entry(LIU, 'busy'), entry(ZHOU, 'do_not_disturb')]
const me = (person: typeof CHEN) => signal({ person, also: [], chain: { zh: '', en: '' } })
const startCall = vi.fn<(...said: unknown[]) => Promise<string>>(() => Promise.resolve('room-1'))
const parts = (experts: PresenceEntry[] = EXPERTS, link = 'online') => ({
  me: me(TABLETS[0]!),
  tick: signal(NOW),
  link: signal(link),
  experts: signal(experts),
  stores: signal([]),
  cameras: signal([]),
  level: signal(0),
  capture: signal({}),
  startCall,
})
const page = (experts?: PresenceEntry[], link?: string) => draw(<FindPage />, modelOf(parts(experts, link)))
const rows = () =>
  [...document.querySelectorAll<HTMLElement>('.find-line')].map((row) => row.dataset.testid?.slice(7))

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
  startCall.mockClear()
})

describe('finding', () => {
  it.each([
    ['陈', ['p-chen']],
    ['clq', ['p-chen']],
    ['zh', ['p-zhang', 'p-zhou']],
    ['设备', ['p-chen', 'p-zhang']],
    ['sb', ['p-chen', 'p-zhang']],
    ['liu', ['p-liu']],
    ['', ['p-chen', 'p-liu', 'p-zhang', 'p-zhou']],
    ['qqq', []],
  ])('%j finds %j, in the order of names', async (query, found) => {
    await page()
    await type('find-search', query)
    expect(rows()).toEqual(found)
  })
  it('keeps its order whoever becomes busy', () => {
    const order = (entries: PresenceEntry[]) => peopleFound(entries, '').map(({ person }) => person.id)
    expect(order([entry(CHEN, 'busy'), ...EXPERTS.slice(1)])).toEqual(order(EXPERTS.toReversed()))
  })
  it('makes a team of whoever knows something, and counts who can be rung', () => {
    expect(groupsFound(EXPERTS, '')).toEqual([
      { skill: 'equipment', free: 2, people: 2 },
      { skill: 'dishes', free: 0, people: 1 },
      { skill: 'food_safety', free: 0, people: 1 },
      { skill: 'it', free: 1, people: 1 },
    ])
    expect(groupsFound(EXPERTS, 'cp').map(({ skill }) => skill)).toEqual(['dishes'])
  })
})

describe('calling', () => {
  it('a person takes one tap, and only whom it would ring', async () => {
    await page()
    expect(byTestId('person-p-zhang').textContent).toContain('暂离')
    for (const id of ['call-p-liu', 'call-p-zhou'])
      expect(byTestId<HTMLButtonElement>(id).disabled, id).toBe(true)
    await press('call-p-zhang')
    expect(startCall).toHaveBeenCalledExactlyOnceWith('any', undefined, { person: ZHANG.id })
  })
  it('a team takes one tap, also while nobody is free: then it waits', async () => {
    await page()
    expect(byTestId('call-group-equipment').textContent).toContain('2 人里 2 人有空')
    await press('call-group-dishes')
    expect(startCall).toHaveBeenCalledExactlyOnceWith('any', undefined, { group: 'dishes' })
  })
  it('is not offered without the network', async () => {
    await page(EXPERTS, 'offline')
    expect(byTestId<HTMLButtonElement>('call-p-chen').disabled).toBe(true)
    await press('call-group-dishes')
    expect(startCall).not.toHaveBeenCalled()
  })
  it('somebody for other stores is refused in words', async () => {
    startCall.mockImplementationOnce(() => Promise.reject(new Refusal('not_found')))
    await page()
    await press('call-p-chen')
    await act(() => Promise.resolve())
    expect(shown.value?.text()).toContain('不负责你的门店')
  })
  it('in a chain without experts it says so', async () => {
    await page([])
    expect(document.body.textContent).toContain('还没有人可找')
  })
})

describe('a call by name', () => {
  const named = (step = 0) => {
    const room = ringing()
    const first = { who: 'person', skills: [], min_level: 1, ring_ms: 20_000, person: CHEN } as const
    const call = { ...room.call!, step, steps: [first, ...(room.call!.steps ?? [])] } as Call
    return { ...room, call }
  }
  it('says whom it rings until others ring too', async () => {
    await draw(<Ringing room={named()} />, modelOf(parts()))
    expect(document.querySelector('h1')!.textContent).toContain('正在呼叫陈立群')
    expect(byTestId('step-0').textContent).toContain('陈立群')
    await draw(<Ringing room={named(1)} />, modelOf(parts()))
    expect(document.querySelector('h1')!.textContent).not.toContain('正在呼叫陈立群')
  })
  it('says so to who is called', async () => {
    await draw(<Incoming room={named()} first />, modelOf({ ...parts(), me: me(CHEN) }))
    expect(byTestId('incoming-to').textContent).toBe('点名找你')
    await draw(<Incoming room={named()} first />, modelOf({ ...parts(), me: me(ZHANG) }))
    expect(byTestId('incoming-to').textContent).not.toBe('点名找你')
  })
  it('is repeated to the same', () => {
    expect(calledIn(named().call)).toEqual({ person: CHEN.id })
    const group = { who: 'group', skills: ['it'], min_level: 1, ring_ms: 20_000 } as const
    expect(calledIn({ ...named().call, steps: [group] } as unknown as Call)).toEqual({ group: 'it' })
    expect(calledIn(ringing().call!)).toBeUndefined()
  })
})
