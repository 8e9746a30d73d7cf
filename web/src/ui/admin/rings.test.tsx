// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { describe, expect, it, vi } from 'vitest'
import type { RingRate, RingRates } from '../../contract'
import { MissedCalls } from '../home/MissedCalls'
import { act, byTestId, draw, modelOf, press, signal } from '../testing'
import { RingsPage, adviceOf } from './RingsPage'

const NOW = new Date(2026, 10, 27, 12).getTime()
const name = (zh: string, en: string) => ({ zh, en })
const CHEN = {
  id: 'p-chen',
  role: 'expert' as const,
  name: name('陈立群', 'Chen'),
  skills: [],
  title: null,
  department: null,
  store: null,
  operator: null,
}

const rate = (more: Partial<RingRate> = {}): RingRate => ({
  who: CHEN,
  device: 'profile-3f2a',
  name: null,
  sent: 10,
  pushed: 0,
  shown: 10,
  hidden: 0,
  silent: 0,
  late: 0,
  not_reached: 0,
  answered: 4,
  shown_ms: 80,
  shown_at: NOW - 60_000,
  ...more,
})
const settled = () => act(() => Promise.resolve())

describe('the ring rate', () => {
  it('says what to do about each device, and asks again for another period', async () => {
    const found: RingRates = {
      lines: [rate({ shown: 3, not_reached: 6, late: 1, hidden: 2 }), rate({ name: '前台' })],
      left_out: 0,
      regions: [{ id: 'r-east', name: name('华东', 'East') }],
    }
    const rates = vi.fn(() => Promise.resolve(found))
    const me = { person: { id: 'p-me', role: 'admin', name: name('赵敏', 'Zhao'), skills: [] }, also: [] }
    const model = modelOf({ me: signal(me), incoming: signal([]), tick: signal(NOW), rings: { rates } })
    await draw(
      <LocationProvider>
        <RingsPage />
      </LocationProvider>,
      model,
    )
    await settled()
    const rows = [...document.querySelectorAll('[data-testid=ring-row]')].map((row) => row.textContent ?? '')
    expect(rows[0]).toContain('…3f2a')
    expect(rows[0]).toContain('30%（10 次中 3 次）')
    expect(rows[0]).toContain('2 次页面在后台')
    expect(rows[1]).toContain('前台')
    expect(rows[1]).toContain('无需处理')
    const select = byTestId<HTMLSelectElement>('rings-days')
    select.value = '30'
    await act(() => void select.dispatchEvent(new Event('change', { bubbles: true })))
    await settled()
    expect(rates.mock.calls).toEqual([
      [7, ''],
      [30, ''],
    ])
  })

  it('of who had nothing connected says just that', () => {
    expect(adviceOf(rate({ device: '', shown: 0, not_reached: 10 }))).toHaveLength(1)
    expect(adviceOf(rate({ late: 1, silent: 2 }))).toHaveLength(2)
  })
})

describe('a missed call from headquarters', () => {
  it('stands on the home of the store, and one press calls back', async () => {
    const missed = () => Promise.resolve({ calls: [{ by: CHEN, at: NOW - 60_000 }] })
    const back = vi.fn()
    const model = modelOf({ link: signal('online'), rings: { missed } })
    await draw(<MissedCalls now={NOW} busy={false} words="home.missed" onCall={back} />, model)
    await settled()
    expect(byTestId('missed-call').textContent).toContain('陈立群')
    await press('call-back')
    expect(back).toHaveBeenCalledOnce()
  })
})
