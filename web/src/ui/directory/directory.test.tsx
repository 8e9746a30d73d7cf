// @vitest-environment happy-dom
/** Stores as one calls them, and what the tablet says before it answers. */
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Callback, Presence } from '../../contract'
import { CHEN, LIU, NOW, STORES, TABLETS, ZHANG, entry } from '../gallery/people'
import { asking, calling, three } from '../gallery/rooms'
import { BringIn } from '../call/BringIn'
import { Asked } from '../call/Asked'
import { Incoming } from '../console/Incoming'
import { Called } from '../ring/Called'
import { Calling } from '../ring/Calling'
import { Summary } from '../summary/Summary'
import { Refusal } from '../../model/api'
import { shown } from '../parts/Toasts'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { CallPage } from './CallPage'
import { linesOf, rings } from './stores'

const tablet = (n: number, presence: Presence, id = TABLETS[n]!.id) => ({
  ...entry(TABLETS[n]!, presence),
  person: { ...TABLETS[n]!, id },
})
const me = (person: typeof CHEN) => signal({ person, also: [], chain: { zh: '', en: '' } })
const base = {
  me: me(CHEN),
  tick: signal(NOW),
  incoming: signal([]),
  link: signal('online'),
  experts: signal([]),
}

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
})

describe('a store of several tablets', () => {
  it.each([
    [['busy', 'free'], 'free', true],
    [['offline', 'busy'], 'busy', false],
    [['ringing', 'busy'], 'ringing', false],
    [['offline', 'offline'], 'offline', false],
  ] as const)('with %s is %s', (presences, presence, reachable) => {
    const tablets = [tablet(0, presences[0]), tablet(0, presences[1], 'p-spare'), tablet(1, 'free')]
    expect(linesOf(tablets).map((line) => [line.store.number, line.presence])).toEqual([
      ['0108', 'free'],
      ['0117', presence],
    ])
    expect(rings(tablets, STORES[0]!.id)).toBe(reachable)
  })
})

describe('calling a store', () => {
  const page = (callStore: unknown) =>
    draw(
      <LocationProvider>
        <CallPage />
      </LocationProvider>,
      modelOf({ ...base, callStore, stores: signal([tablet(0, 'free'), tablet(1, 'busy')]) }),
    )
  it('finds it by the first letters, asks what about, and says that it is recorded', async () => {
    const callStore = vi.fn(() => Promise.resolve('room'))
    await page(callStore)
    await type('store-search', 'jasd')
    expect(document.querySelectorAll('.call-line')).toHaveLength(1)
    await press('call-store')
    expect(byTestId('call-dialog').textContent).toContain('呼叫就是同意')
    await press('about-equipment')
    await press('call-store-yes')
    expect(callStore).toHaveBeenCalledExactlyOnceWith(STORES[0]!.id, 'equipment')
  })
  it('is not offered while the store is in a call', async () => {
    await page(vi.fn())
    expect(byTestId('store-0108').querySelector('button')?.disabled).toBe(true)
  })
  it('shows each tablet that rings, and how long yet', async () => {
    const model = modelOf({ ...base, cameras: signal([]), level: signal(0), capture: signal({}) })
    await draw(<Calling room={calling()} />, model)
    expect(byTestId('rung-p-store-0117').dataset.state).toBe('ringing')
    expect(byTestId('rung-p-spare').textContent).toContain('没空')
    expect(byTestId('calling').textContent).toContain('还会响 56 秒')
  })
  it('in vain says so of the store, and can be repeated', async () => {
    const callStore = vi.fn(() => Promise.resolve('room'))
    const dismissSummary = vi.fn()
    await draw(
      <LocationProvider>
        <Summary room={{ ...calling(), closed_at: NOW, end: 'declined' }} />
      </LocationProvider>,
      modelOf({ ...base, callStore, dismissSummary }),
      'en',
    )
    expect(byTestId('summary').textContent).toContain('The store cannot talk right now')
    await press('call-again')
    expect(callStore).toHaveBeenCalledExactlyOnceWith(STORES[0]!.id, 'equipment')
  })
})

describe('the tablet that is called', () => {
  const owed = { room: 'room-0', store: STORES[0]!, reason: 'equipment', rung_at: NOW - 60_000 } as Callback
  it('says who calls and why, and what answering does, before anything opens', async () => {
    const acceptCall = vi.fn(() => Promise.resolve())
    const model = modelOf({ ...base, me: me(TABLETS[0]!), callbacks: signal([owed]), acceptCall })
    await draw(<Called room={calling()} />, model)
    expect(byTestId('called').textContent).toContain('陈立群')
    expect(byTestId('called-why').textContent).toMatch(/设备坏了.*打过，这是回电/)
    for (const words of ['接听后摄像头打开', '现在都关着', '接听就是同意'])
      expect(byTestId('called-terms').textContent).toContain(words)
    await press('accept')
    expect(acceptCall).toHaveBeenCalledExactlyOnceWith('room-1')
  })
})

describe('a third person', () => {
  it('is chosen among those who are free, to join or to take over', async () => {
    const bringIn = vi.fn(() => Promise.resolve())
    const experts = signal([entry(CHEN, 'busy'), entry(LIU, 'free'), entry(ZHANG, 'busy')])
    await draw(<BringIn room={asking()} onClose={() => undefined} />, modelOf({ ...base, experts, bringIn }))
    expect(document.querySelector('[data-testid="ask-p-chen"]')).toBeNull()
    expect(byTestId('ask-p-zhang').querySelector('input')?.disabled).toBe(true)
    expect(byTestId<HTMLButtonElement>('ask-join').disabled).toBe(true)
    await press('ask-p-liu')
    await press('ask-instead')
    expect(bringIn).toHaveBeenCalledExactlyOnceWith('room-1', LIU.id, true)
  })
  it.each([
    ['not_found', '这位专家不负责这家店'],
    ['busy', '这位专家现在没空'],
  ] as const)('who cannot come (%s) is told to the asker in words', async (code, words) => {
    const bringIn = () => Promise.reject(new Refusal(code))
    const experts = signal([entry(LIU, 'free')])
    await draw(<BringIn room={asking()} onClose={() => undefined} />, modelOf({ ...base, experts, bringIn }))
    await press('ask-p-liu')
    await press('ask-join')
    await act(() => Promise.resolve())
    expect(shown.value?.text()).toContain(words)
  })
  it('is waited for in sight of all, and can be called off by who helps', async () => {
    const callOff = vi.fn(() => Promise.resolve())
    await draw(<Asked room={asking()} />, modelOf({ ...base, callOff }))
    expect(byTestId('asked').textContent).toContain('正在请刘慧加入')
    await press('call-off')
    expect(callOff).toHaveBeenCalledExactlyOnceWith('room-1', LIU.id)
    await draw(<Asked room={asking()} />, modelOf({ ...base, me: me(TABLETS[0]!) }))
    expect(byTestId('asked').textContent).toContain('陈立群正在请刘慧加入')
    expect(document.querySelector('[data-testid="call-off"]')).toBeNull()
    await draw(<Asked room={three()} />, modelOf(base))
    expect(document.querySelector('[data-testid="asked"]')).toBeNull()
  })
  it('reads who asks for what', async () => {
    const at = (instead: boolean) =>
      draw(<Incoming room={asking(instead)} first />, modelOf({ ...base, me: me(LIU) }), 'en')
    await at(false)
    expect(byTestId('incoming-to').textContent).toBe('Chen Liqun asks you to join')
    await at(true)
    expect(byTestId('incoming-to').textContent).toBe('Chen Liqun asks you to take over')
    expect(document.querySelector('[data-testid="decline-later"]'), 'nobody calls a call back').toBeNull()
  })
})
