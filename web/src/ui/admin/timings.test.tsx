// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { describe, expect, it, vi } from 'vitest'
import type { CallTimings, Spread, TimingLine } from '../../contract'
import type { TimingsWish } from '../../model/timings'
import { act, byTestId, draw, modelOf, press, signal } from '../testing'
import { TimingsPage, mondayOf } from './TimingsPage'

const name = (zh: string, en: string) => ({ zh, en })
const spread = (p50_ms: number, p95_ms: number, count = 10): Spread => ({ count, p50_ms, p95_ms })
const line = (more: Partial<TimingLine>): TimingLine => ({
  week: null,
  region: null,
  store: null,
  calls: 10,
  stages: {
    ring: spread(60, 210),
    answer: spread(4000, 21_000),
    connected: null,
    first_frame: spread(90, 140, 8),
    first_audio: spread(120, 300),
  },
  ...more,
})
const store = (number: string, zh: string) => ({
  id: `s-${number}`,
  number,
  name: name(zh, zh),
  region: 'r-east',
})
const quick = line({ store: store('0117', '静安寺店') })
const slow = line({
  store: store('0108', '南京西路店'),
  stages: { ...quick.stages, ring: spread(50, 100), first_frame: spread(400, 900) },
})

const settled = () => act(() => Promise.resolve())
const choose = async (id: string, value: string) => {
  await act(() => {
    const select = byTestId<HTMLSelectElement>(id)
    select.value = value
    select.dispatchEvent(new Event('change', { bubbles: true }))
  })
  await settled()
}
const rows = () =>
  [...document.querySelectorAll('[data-testid=timings-row]')].map((row) => row.textContent ?? '')

async function shown(lines: (wish: TimingsWish) => TimingLine[]) {
  const list = vi.fn((wish: TimingsWish) =>
    Promise.resolve<CallTimings>({
      lines: lines(wish),
      left_out: 0,
      weeks: ['2026-W48', '2026-W47'],
      regions: [{ id: 'r-east', name: name('华东', 'East') }],
    }),
  )
  const me = { person: { id: 'p-me', role: 'admin', name: name('赵敏', 'Zhao'), skills: [] }, also: [] }
  const exportUrl = (wish: TimingsWish) => `/export?weeks=${wish.weeks}&store=${wish.store}`
  const model = modelOf({ me: signal(me), incoming: signal([]), timings: { list, exportUrl } })
  await draw(
    <LocationProvider>
      <TimingsPage />
    </LocationProvider>,
    model,
  )
  await settled()
  return list
}

describe('how quick calls were', () => {
  it('shows each week with both times, and how many calls count if not all', async () => {
    await shown(() => [line({ week: '2026-W48' })])
    expect(rows()).toHaveLength(1)
    expect(rows()[0]).toContain('2026-W48（11 月 23 日起）')
    expect(rows()[0]).toContain('0.09 秒')
    expect(rows()[0]).toContain('0.1 秒8 次')
    expect(rows()[0]).toContain('没有数据')
    expect(document.querySelector('[data-testid=sort-ring]')).toBeNull()
    expect(byTestId<HTMLSelectElement>('timings-week').disabled).toBe(true)
  })

  it('puts the slowest store first, by the stage that is asked for, and links to it', async () => {
    await shown(({ by }) => (by === 'store' ? [quick, slow] : []))
    expect(document.body.textContent).toContain('这段时间没有通话')
    await choose('timings-by', 'store')
    expect(rows().map((row) => row.slice(0, 3))).toEqual(['南京西', '静安寺'])
    expect(byTestId<HTMLAnchorElement>('to-store').getAttribute('href')).toBe('/admin/stores?sought=0108')
    await press('sort-ring')
    expect(rows().map((row) => row.slice(0, 3))).toEqual(['静安寺', '南京西'])
  })

  it('goes from a store to its weeks and back, and downloads what is shown', async () => {
    const list = await shown(({ by }) => (by === 'store' ? [slow] : [line({ week: '2026-W48' })]))
    await choose('timings-weeks', '26')
    await choose('timings-by', 'store')
    await choose('timings-week', '2026-W47')
    await press('by-week')
    await settled()
    expect(list.mock.lastCall?.[0]).toEqual({ by: 'week', weeks: 26, week: '', region: '', store: 's-0108' })
    expect(byTestId('timings-export').getAttribute('href')).toBe('/export?weeks=26&store=s-0108')
    expect(byTestId('timings-all-stores').textContent).toContain('只看南京西路店')
    await press('timings-all-stores')
    await settled()
    expect(list.mock.lastCall?.[0]).toMatchObject({ by: 'store', store: '' })
  })

  it('knows on which day a week begins', () => {
    const day = (week: string) => {
      const date = new Date(mondayOf(week))
      return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
    }
    expect(['2026-W01', '2026-W48', '2026-W53', '2027-W01', '2021-W01'].map(day)).toEqual([
      '2025-12-29',
      '2026-11-23',
      '2026-12-28',
      '2027-1-4',
      '2021-1-4',
    ])
  })
})
