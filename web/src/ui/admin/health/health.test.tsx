// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChainHealth, CheckFound, StoreHealth, TabletHealth } from '../../../contract'
import { POLICIES } from '../../gallery/policies'
import { act, byTestId, draw, modelOf, press, signal, type } from '../../testing'
import { HealthPage } from './HealthPage'

const NOW = new Date(2026, 10, 27, 9).getTime()
const HOUR = 3_600_000
const found = (name: CheckFound['name'], state: CheckFound['state'], words: string): CheckFound => ({
  name,
  state,
  words,
  figure: null,
  where: '',
})

function line(tablet: string, fate: TabletHealth['fate'], checks: CheckFound[], agoH = 5): TabletHealth {
  const at = NOW - agoH * HOUR
  const test = { at, why: 'night' as const, version: '1.2', checks }
  return { tablet, name: tablet, fate, since: at, test, here: true }
}

function store(number: string, region: string, ...tablets: TabletHealth[]): StoreHealth {
  const name = { zh: `${number}店`, en: `Store ${number}` }
  return { store: { id: `s-${number}`, number, name, region }, fate: tablets[0]!.fate, tablets }
}

const HEALTH: ChainHealth = {
  regions: [
    { id: 'r-east', name: { zh: '东区', en: 'East' } },
    { id: 'r-north', name: { zh: '北区', en: 'North' } },
  ],
  stores: [
    store('0117', 'r-east', line('till', 'fails', [found('camera', 'bad', 'error.device_denied_camera')])),
    store('0201', 'r-north', line('bar', 'silent', [], 90)),
    store(
      '0108',
      'r-east',
      line('door', 'weak', [
        found('upload', 'weak', 'admin.people'),
        found('clock', 'weak', 'doctor.nothing_such'),
      ]),
    ),
  ],
  failing: 2,
  untested: 0,
  tablets: 40,
  passed: 37,
  left_out: 0,
  window: { from_min: 180, to_min: 300 },
}

async function page(health: ChainHealth, role = 'admin') {
  const told = signal<{ tablet: string; abandoned: boolean } | null>(null)
  const made = {
    get: vi.fn(() => Promise.resolve(health)),
    runNow: vi.fn(() => Promise.resolve()),
    setWindow: vi.fn(() => Promise.resolve()),
    told,
  }
  const me = signal({
    person: { id: 'p', role, name: { zh: '管', en: 'Admin' }, title: null, store: null, skills: [] },
    also: [],
    partly: [],
    chain: { zh: '店', en: 'Chain' },
    version: '1',
    ring_s: 30,
    policies: POLICIES,
  })
  const model = modelOf({
    health: made,
    me,
    tick: signal(NOW),
    incoming: signal([]),
    failingStores: signal(health.failing),
  })
  await draw(
    <LocationProvider>
      <HealthPage />
    </LocationProvider>,
    model,
    'en',
  )
  await act(() => Promise.resolve())
  return { made, told }
}

const shown = (): string[] =>
  [...document.querySelectorAll<HTMLElement>('[data-testid^=health-store-]')].map((one) =>
    one.dataset.testid!.slice(-4),
  )
const choose = async (id: string, value: string): Promise<void> => {
  await act(() => {
    const select = byTestId<HTMLSelectElement>(id)
    select.value = value
    select.dispatchEvent(new Event('change', { bubbles: true }))
  })
}

describe('the stores that will fail tomorrow', () => {
  beforeEach(() => {
    history.replaceState(null, '', '/admin/health')
  })
  it('come with what is wrong and what to do, and are counted at the tab', async () => {
    await page(HEALTH)
    expect(shown()).toEqual(['0117', '0201', '0108'])
    expect(byTestId('health-lead').textContent).toContain('2 stores will fail tomorrow')
    expect(byTestId('health-till').textContent).toContain('On the tablet, tap the sign left of the address')
    expect(byTestId('health-bar').textContent).toContain('Not seen since')
    expect(byTestId('admin-health').textContent).toContain('2')
  })
  it('say in our own words what a tablet says in none that we know', async () => {
    await page(HEALTH)
    const text = byTestId('health-door').textContent ?? ''
    expect(text.match(/It says that something is wrong/g)).toHaveLength(2)
    expect(text).not.toContain('admin.people')
  })
  it('are found by region, by the last report, and by name', async () => {
    await page(HEALTH)
    await choose('health-region', 'r-north')
    expect(shown()).toEqual(['0201'])
    await choose('health-region', '')
    await choose('health-last', 'day')
    expect(shown()).toEqual(['0117', '0108'])
    await choose('health-last', '')
    await type('admin-search', 'store 0108')
    expect(shown()).toEqual(['0108'])
    await type('admin-search', 'no such store')
    expect(shown()).toEqual([])
    expect(byTestId('health-nothing').textContent).toContain('Nothing found')
  })
  it('are not those of which nothing is known', async () => {
    const unknown = { ...line('new bar', 'untested', []), test: null, since: null }
    const stores = [...HEALTH.stores, store('0300', 'r-north', unknown)]
    await page({ ...HEALTH, stores, untested: 1 })
    expect(byTestId('health-lead').textContent).toContain('2 stores will fail tomorrow')
    expect(byTestId('health-untested').textContent).toBe('1 store has a tablet that was never tested')
    expect(byTestId('health-new bar').textContent).toContain('It has never reported')
    await page({ ...HEALTH, stores: [stores.at(-1)!], failing: 0, untested: 1 })
    expect(byTestId('health-lead').querySelector('h2')!.textContent).toContain('never tested')
    expect(byTestId('health-lead').textContent).not.toContain('No store will fail')
  })
  it('are none where all have passed', async () => {
    await page({ ...HEALTH, stores: [], failing: 0, passed: 40 })
    expect(byTestId('health-empty').textContent).toContain('All 40 tablets passed their last self-test')
  })
  it('are none where the others are new, or there is no tablet yet', async () => {
    await page({ ...HEALTH, stores: [], failing: 0, passed: 38 })
    expect(byTestId('health-empty').textContent).toContain('2 new tablets test themselves tonight')
    await page({ ...HEALTH, stores: [], failing: 0, passed: 0, tablets: 0 })
    expect(byTestId('health-empty').textContent).toContain('No tablet is enrolled yet')
    expect(document.querySelector('[data-testid=health-lead]')).toBe(null)
  })
  it('are asked now, and what became of it is said in the line', async () => {
    const { made, told } = await page(HEALTH)
    await press('health-run-till')
    expect(made.runNow).toHaveBeenCalledWith('till')
    expect(byTestId('health-run-till').getAttribute('aria-busy')).toBe('true')
    await act(() => {
      told.value = { tablet: 'till', abandoned: true }
    })
    expect(byTestId('health-told-till').textContent).toContain('Somebody is using the tablet')
    expect(made.get, 'nothing is known that was not before').toHaveBeenCalledTimes(1)
    await press('health-run-till')
    await act(() => {
      told.value = { tablet: 'till', abandoned: false }
    })
    expect(byTestId('health-told-till').textContent).toContain('Tested just now')
    expect(made.get).toHaveBeenCalledTimes(2)
  })
  it('say when tablets look, which administrators set', async () => {
    const { made } = await page(HEALTH)
    await type('health-from', '23:30')
    await type('health-to', '23:40')
    expect(byTestId<HTMLButtonElement>('health-window-save').disabled).toBe(true)
    await type('health-to', '01:00')
    await act(() => byTestId<HTMLButtonElement>('health-window-save').click())
    expect(made.setWindow).toHaveBeenCalledWith({ from_min: 1410, to_min: 60 })
  })
  it('do not offer the window to who may not set it', async () => {
    await page(HEALTH, 'manager')
    expect(document.querySelector('[data-testid=health-window]')).toBe(null)
  })
})
