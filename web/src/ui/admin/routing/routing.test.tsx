// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type {
  Chains,
  ExpertProfile,
  PresenceEntry,
  RingStep,
  Routing,
  RoutingNow,
  Shift,
} from '../../../contract'
import { Refusal } from '../../../model/api'
import type { RoutingDesk } from '../../../model/routing'
import { CHEN, LIU, NOW, ZHANG, entry } from '../../gallery/people'
import { act, byTestId, draw, modelOf, press, signal, type } from '../../testing'
import { midSentence, moved, refusedAt } from './chains'
import { RoutingPage } from './RoutingPage'
import { hoursOf, saysHours, shiftsOf, wrongWith } from './shifts'

const step = (who: RingStep['who'], s: number, more: Partial<RingStep> = {}): RingStep => ({
  who,
  skills: [],
  min_level: 1,
  ring_ms: s * 1000,
  person: null,
  ...more,
})
const USUAL = [step('skilled', 20), step('anybody', 20)]
const NONE: Chains = { at_once: 5, usual: null, equipment: null, dishes: null, other: null }
const PROFILE: ExpertProfile = {
  levels: {},
  languages: [],
  zone: 'Asia/Shanghai',
  shifts: [],
  on_call: false,
}
const now = (people: string[]): RoutingNow => ({
  at: NOW,
  reasons: [
    {
      reason: 'equipment',
      steps: [
        { step: USUAL[0]!, people },
        { step: USUAL[1]!, people: [] },
      ],
    },
  ],
  experts: [{ person: CHEN.id, presence: 'free', at_work: true }],
})
const settled = () => act(() => Promise.resolve())

/** A server that keeps what it is told. */
function server(chains: Chains = NONE): Routing {
  const experts = [CHEN, ZHANG].map((person) => ({ person, profile: PROFILE, tag: 'p1' }))
  return { chains, tag: 'c1', usual: USUAL, experts }
}
let visitors = 0
async function page(
  routing: Routing,
  parts: Partial<RoutingDesk> = {},
  me = `p-admin-${++visitors}`,
  experts = signal<PresenceEntry[]>([]),
) {
  const desk: RoutingDesk = {
    get: () => Promise.resolve(routing),
    now: () => Promise.resolve(now([CHEN.id])),
    setChains: (chains) => {
      routing.chains = chains
      return Promise.resolve()
    },
    setProfile: () => Promise.resolve(),
    ...parts,
  }
  const person = { ...LIU, id: me, role: 'admin' as const }
  const model = modelOf({
    me: signal({ person, also: [] }),
    incoming: signal([]),
    experts,
    tick: signal(NOW),
    routing: desk,
  })
  await draw(
    <LocationProvider>
      <RoutingPage />
    </LocationProvider>,
    model,
  )
  await settled()
  return me
}
async function choose(id: string, value: string): Promise<void> {
  await act(() => {
    const list = byTestId<HTMLSelectElement>(id)
    list.value = value
    list.dispatchEvent(new Event('change', { bubbles: true }))
  })
}
const says = () => byTestId('chain-says').textContent
const unsaved = () => document.querySelector('[data-testid=unsaved]') !== null

it('puts words that stand alone elsewhere into the middle of a sentence', () => {
  expect(midSentence('The teams for 20 s')).toBe('the teams for 20 s')
  expect(midSentence('IT and network experts')).toBe('IT and network experts')
  expect(midSentence('各组专家')).toBe('各组专家')
})

describe('the order of calls', () => {
  beforeEach(() => history.replaceState(null, '', '/admin/routing'))

  it('is said in words, and ends in a callback', async () => {
    await page(server())
    expect(says()).toBe(
      '呼叫总部：各组专家响 20 秒，再加上所有有空的专家响 20 秒，还没人接就排队，等不到变成要回电。',
    )
    expect(byTestId('chain-end').textContent).toContain('变成要回电')
    await press('chain-equipment')
    expect(document.body.textContent).toContain('照「通常」的顺序响')
  })

  it('is changed step by step, taken back, and saved whole', async () => {
    const routing = server()
    await page(routing)
    await press('chain-equipment')
    await press('chain-own')
    await press('step-add')
    await choose('step-2-who', 'on_call')
    await type('step-2-seconds', '3')
    await type('step-2-seconds', '30')
    await press('step-2-up')
    expect(says()).toContain('再加上值班的人响 30 秒，再加上所有有空的专家')
    await press('step-0-remove')
    await press('chain-undo')
    await press('step-0-skill-it')
    await choose('step-0-level', '3')
    expect(says()).toContain('会系统和网络的专家（只要高手）响 20 秒')
    await press('chain-save')
    await settled()
    expect(routing.chains).toEqual({
      ...NONE,
      equipment: [
        step('skilled', 20, { skills: ['it'], min_level: 3 }),
        step('on_call', 30),
        step('anybody', 20),
      ],
    })
    expect(unsaved()).toBe(false)
  })

  it('takes back what was typed into one field as one change', async () => {
    await page(server())
    await type('step-0-seconds', '4')
    await type('step-0-seconds', '45')
    await press('chain-undo')
    expect(byTestId<HTMLInputElement>('step-0-seconds').value).toBe('20')
    expect(unsaved()).toBe(false)
  })

  it('keeps what is not saved while another page is looked at, and asks before the tab is closed', async () => {
    const me = await page(server())
    await type('step-0-seconds', '45')
    const leave = new Event('beforeunload', { cancelable: true })
    window.dispatchEvent(leave)
    expect(leave.defaultPrevented).toBe(true)
    await draw(<p />, modelOf({}))
    await page(server(), {}, me)
    expect(byTestId<HTMLInputElement>('step-0-seconds').value).toBe('45')
    await page(server({ ...NONE, at_once: 2 }), {}, me)
    expect(byTestId('unsaved').textContent).toContain('别人也改了')
    await press('chain-drop')
    expect(byTestId<HTMLInputElement>('at-once').value).toBe('2')
    await page(server(), {}, `${me}-who-comes-next`)
    expect(unsaved()).toBe(false)
  })

  it('is not saved over what somebody else saved meanwhile, before one knows', async () => {
    const routing = server()
    const setChains = vi.fn<RoutingDesk['setChains']>((_, replaces) =>
      replaces === 'c2' ? Promise.resolve() : Promise.reject(new Refusal('precondition')),
    )
    await page(routing, { setChains, get: () => Promise.resolve({ ...routing }) })
    await type('step-0-seconds', '45')
    Object.assign(routing, { chains: { ...NONE, at_once: 2 }, tag: 'c2' })
    await press('chain-save')
    await settled()
    expect(byTestId('unsaved').textContent).toContain('放弃就能看到对方的')
    expect(byTestId<HTMLInputElement>('step-0-seconds').value).toBe('45')
    await press('chain-save')
    await settled()
    expect(setChains.mock.calls.map(([, replaces]) => replaces)).toEqual(['c1', 'c2'])
    expect(unsaved()).toBe(false)
  })

  it('names the field that cannot be saved, here and where the server says so', async () => {
    const setChains = vi.fn<RoutingDesk['setChains']>(() =>
      Promise.reject(new Refusal('bad_message', 'equipment.0.ring_ms: Input should be less than 9')),
    )
    await page(server({ ...NONE, equipment: USUAL }), { setChains })
    await type('step-1-seconds', '')
    await type('at-once', '21')
    await press('chain-save')
    expect(setChains).not.toHaveBeenCalled()
    expect(byTestId('step-1-seconds').getAttribute('aria-invalid')).toBe('true')
    expect(byTestId('at-once').getAttribute('aria-invalid')).toBe('true')
    expect(byTestId('unsaved').textContent).toContain('2 处要改')
    await type('step-1-seconds', '7')
    await type('at-once', '20')
    await press('chain-save')
    await settled()
    expect(byTestId('chain-equipment').getAttribute('aria-pressed')).toBe('true')
    expect(byTestId('step-0-seconds').closest('.field')?.textContent).toContain('Input should be less than 9')
    expect(unsaved()).toBe(true)
  })

  it('is moved by Alt and the arrows too, and says where a step went', async () => {
    await page(server())
    await act(() => {
      const key = { key: 'ArrowDown', altKey: true, bubbles: true, cancelable: true }
      byTestId('step-0-seconds').dispatchEvent(new KeyboardEvent('keydown', key))
    })
    expect(says()).toContain('所有有空的专家响 20 秒，再加上各组专家')
    expect(document.querySelector('.routing-chains > .sr')?.textContent).toBe('第 1 步移到了第 2 步')
  })

  it('has one to six steps', async () => {
    await page(server())
    for (let more = 0; more < 4; more++) await press('step-add')
    expect(byTestId<HTMLButtonElement>('step-add').disabled).toBe(true)
    for (let less = 0; less < 5; less++) await press('step-0-remove')
    expect(byTestId<HTMLButtonElement>('step-0-remove').disabled).toBe(true)
  })
})

describe('whom calls ring now', () => {
  it('is shown by reason and step, or that nobody does', async () => {
    await page(server())
    expect(byTestId('now-equipment').textContent).toContain('陈立群设备组响 20 秒')
    await page(server(), { now: () => Promise.resolve(now([])) })
    expect(byTestId('now-equipment').textContent).toContain('没人可响')
  })

  it('says of whom that they are for some regions only', async () => {
    const east = [{ zh: '华东', en: 'East' }]
    const experts = [{ person: CHEN.id, presence: 'free' as const, at_work: true, only: east }]
    await page(server(), { now: () => Promise.resolve({ ...now([CHEN.id]), experts }) })
    expect(byTestId('now-equipment').textContent).toContain('陈立群（只限华东）')
  })

  it('can be asked for again when it could not be fetched, and the rest of the page is there', async () => {
    const ask = vi.fn(() => Promise.resolve(now([CHEN.id])))
    ask.mockRejectedValueOnce(new Refusal('offline'))
    await page(server(), { now: ask })
    expect(says()).toContain('呼叫总部')
    await press('retry')
    await settled()
    expect(byTestId('now-equipment').textContent).toContain('陈立群')
  })
})

describe('how often whom calls ring is asked for', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)))

  it('is once a second at most while experts come and go, and not at all for what is not theirs', async () => {
    const ask = vi.fn(() => Promise.resolve(now([CHEN.id])))
    const experts = signal([entry(CHEN, 'free')])
    await page(server(), { now: ask }, undefined, experts)
    expect(ask).toHaveBeenCalledTimes(1)
    for (let n = 0; n < 20; n++) {
      await act(() => void (experts.value = [entry(CHEN, 'free')]))
      await pass(100)
    }
    expect(ask).toHaveBeenCalledTimes(1)
    for (let n = 0; n < 20; n++) {
      await act(() => void (experts.value = [entry(CHEN, n % 2 ? 'free' : 'busy')]))
      await pass(100)
    }
    const asked = ask.mock.calls.length
    expect(asked).toBeGreaterThanOrEqual(2)
    expect(asked).toBeLessThanOrEqual(4)
    await act(() => void (experts.value = [entry(CHEN, 'ringing')]))
    await pass(1000)
    expect(ask).toHaveBeenCalledTimes(asked + 1)
  })

  it('is every half minute when nobody does', async () => {
    const ask = vi.fn(() => Promise.resolve(now([CHEN.id])))
    const experts = signal([entry(CHEN, 'free')])
    await page(server(), { now: ask }, undefined, experts)
    for (let n = 0; n < 4; n++) {
      await act(() => void (experts.value = [entry(CHEN, 'free')]))
      await pass(10_000)
    }
    expect(ask).toHaveBeenCalledTimes(2)
  })
})

describe('an expert', () => {
  it('has levels, languages, hours and is on call', async () => {
    const setProfile = vi.fn<RoutingDesk['setProfile']>(() => Promise.resolve())
    await page(server(), { setProfile })
    await press(`expert-${ZHANG.id}`)
    await choose('expert-level-it', '3')
    await press('expert-language-en')
    await press('expert-on-call')
    await press('hours-add')
    await press('hours-0-day-0')
    await type('hours-0-from', '')
    await press('expert-save')
    expect(setProfile).not.toHaveBeenCalled()
    expect(document.body.textContent).toContain('写上几点到几点')
    await type('hours-0-from', '22:00')
    await type('hours-0-to', '06:00')
    await press('expert-save')
    await settled()
    const [person, profile] = setProfile.mock.calls[0]!
    expect(person).toBe(ZHANG.id)
    expect(profile).toMatchObject({
      levels: { it: 3 },
      languages: ['en'],
      zone: 'Asia/Shanghai',
      on_call: true,
    })
    expect(profile.shifts.filter(({ from_min }) => from_min === 1320).map(({ day }) => day)).toEqual([
      1, 2, 3, 4,
    ])
  })
})

describe('an expert whom somebody else changed meanwhile', () => {
  it('is not replaced before one knows', async () => {
    const routing = server()
    const setProfile = vi.fn<RoutingDesk['setProfile']>((_person, _profile, replaces) =>
      replaces === 'p2' ? Promise.resolve() : Promise.reject(new Refusal('precondition')),
    )
    await page(routing, { setProfile, get: () => Promise.resolve({ ...routing }) })
    await press(`expert-${ZHANG.id}`)
    await press('expert-on-call')
    routing.experts = routing.experts.map((line) => ({ ...line, tag: 'p2' }))
    await press('expert-save')
    await settled()
    expect(byTestId('expert-dialog').textContent).toContain('别人也改了')
    await press('expert-save')
    await settled()
    expect(setProfile.mock.calls.map(([, , replaces]) => replaces)).toEqual(['p1', 'p2'])
    expect(document.querySelector('[data-testid=expert-dialog]')).toBeNull()
  })
})

describe('hours', () => {
  const shift = (day: number, from: number, to: number): Shift => ({
    day,
    from_min: from * 60,
    to_min: to * 60,
  })
  const office = [0, 1, 2, 3, 4].map((day) => shift(day, 9, 18))

  it('are one line for days alike, and the same shifts again', () => {
    const all = [...office, shift(5, 0, 24)]
    const lines = hoursOf(all)
    expect(lines).toEqual([
      { days: [0, 1, 2, 3, 4], from: '09:00', to: '18:00' },
      { days: [5], from: '00:00', to: '00:00' },
    ])
    expect(shiftsOf(lines)).toEqual(all)
    expect(saysHours(all)).toBe('周一至周五 09:00–18:00；周六 00:00–24:00')
  })

  it('cut a night at midnight, and join it again', () => {
    const night = [{ days: [4, 6], from: '22:00', to: '06:00' }]
    const shifts = shiftsOf(night)
    expect(shifts).toEqual([shift(4, 22, 24), shift(5, 0, 6), shift(6, 22, 24), shift(0, 0, 6)])
    expect(hoursOf(shifts)).toEqual(night)
  })

  it('say what is missing', () => {
    const line = { days: [0], from: '09:00', to: '18:00' }
    expect(wrongWith(line)).toBeNull()
    for (const bad of [
      { ...line, days: [] },
      { ...line, to: '' },
      { ...line, to: '09:00' },
    ])
      expect(wrongWith(bad)).not.toBeNull()
  })
})

describe('steps', () => {
  it('are moved within their chain only', () => {
    expect(moved(USUAL, 0, 1)).toEqual([USUAL[1], USUAL[0]])
    expect(moved(USUAL, 0, -1)).toBe(USUAL)
    expect(moved(USUAL, 1, 2)).toBe(USUAL)
  })

  it('are found by what the server says', () => {
    expect(refusedAt('other.2.skills: too many')).toMatchObject({ chain: 'other', step: 2, field: 'steps' })
    expect(refusedAt('at_once: too many')).toMatchObject({ chain: null, field: 'at_once' })
    expect(refusedAt('something else')).toMatchObject({ chain: null, field: null })
  })
})
