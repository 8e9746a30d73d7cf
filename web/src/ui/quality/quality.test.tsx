// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { describe, expect, it, vi } from 'vitest'
import type { CallQuality, Person, PersonQuality } from '../../contract'
import { Refusal } from '../../model/api'
import { hms } from '../format'
import { act, byTestId, draw, modelOf, press, signal } from '../testing'
import { QualityPage } from './QualityPage'

// The drawing itself needs a canvas; what stands beside it does not.
vi.mock('uplot', () => ({
  default: class {
    cursor = { idx: null }
    setCursor = (): void => undefined
    setSize = (): void => undefined
    destroy = (): void => undefined
    valToPos = (): number => 0
  },
}))

const START = new Date(2026, 10, 21, 14, 0, 0).getTime()
const BINS = 120
const name = (zh: string, en: string) => ({ zh, en })
const STORE = {
  id: 'p-store-0117',
  role: 'store',
  name: name('静安寺店', "Jing'an Temple"),
  store: { id: 's', number: '0117', name: name('静安寺店', "Jing'an Temple"), region: 'r-east' },
} as Person
const CHEN = { id: 'p-chen', role: 'expert', name: name('陈立群', 'Chen Liqun') } as Person

function lines(person: Person, upLoss: (bin: number) => number): PersonQuality {
  const at = Array.from({ length: BINS }, (_, bin) => START + bin * 5000)
  const line = (value: number) => at.map(() => value)
  return {
    person,
    at,
    up_bps: line(1_200_000),
    down_bps: line(600_000),
    estimate_bps: at.map(() => null),
    up_loss: at.map((_, bin) => upLoss(bin)),
    down_loss: line(0),
    rtt_ms: line(40),
    jitter_ms: line(3),
    sent_fps: line(24),
    seen_fps: line(23.6),
    seen_size: at.map(() => null),
    concealed: line(0),
    frozen: line(0),
    nacks: 12,
    plis: 3,
    repeats: 7,
  }
}

const QUALITY: CallQuality = {
  entry: {
    room: 'room-1',
    kind: 'call',
    reason: 'equipment',
    store: STORE.store,
    people: [STORE, CHEN],
    opened_at: START,
    published: [],
  } as unknown as CallQuality['entry'],
  people: [lines(STORE, (bin) => (bin >= 24 && bin < 60 ? 0.06 : 0)), lines(CHEN, () => 0)],
  left_out: 0,
  marks: [
    { at: START, person: STORE.id, kind: 'joined' },
    { at: START + 60_000, person: CHEN.id, kind: 'away' },
  ],
  timings: {
    tap: START,
    ring: START + 80,
    answer: START + 4080,
    connected: START + 4200,
    first_frame: null,
    first_audio: START + 4210,
  },
  rings: [
    {
      who: CHEN,
      name: null,
      ring: {
        person: CHEN.id,
        device: 'profile-3f2a',
        way: 'page',
        sent_at: START,
        shown_at: START + 80,
        hidden: true,
        silent: false,
        end: 'answered',
      },
    },
  ],
}

async function show(quality: () => Promise<CallQuality>, language: 'zh-CN' | 'en' = 'zh-CN') {
  const model = modelOf({
    me: signal({ person: { id: 'p-admin', role: 'admin', name: name('赵敏', 'Zhao Min') }, also: [] }),
    incoming: signal([]),
    now: () => START,
    archive: { quality },
  })
  await draw(
    <LocationProvider>
      <QualityPage room="room-1" />
    </LocationProvider>,
    model,
    language,
  )
  await act(async () => {
    await new Promise((resolve) => setTimeout(resolve))
  })
}

describe('the quality of a call', () => {
  it('begins with a plain sentence about the worst of it', async () => {
    await show(() => Promise.resolve(QUALITY))
    expect(byTestId('verdict').textContent).toContain('静安寺店的上行在 14:02 到 14:05 丢了 6% 的包')
    await show(() => Promise.resolve(QUALITY), 'en')
    expect(byTestId('verdict').textContent).toContain(
      "The uplink of Jing'an Temple lost 6% between 14:02 and 14:05",
    )
  })
  it('says so when all was well', async () => {
    await show(() => Promise.resolve({ ...QUALITY, people: [QUALITY.people[1]!] }))
    expect(byTestId('verdict').textContent).toContain('一直正常')
  })
  it('shows five plots of one person, and those of another on a press', async () => {
    await show(() => Promise.resolve(QUALITY))
    expect(document.querySelectorAll('.plot').length).toBe(5)
    expect(byTestId('figures-p-store-0117').getAttribute('aria-pressed')).toBe('true')
    await press('figures-p-chen')
    expect(byTestId('figures-p-chen').getAttribute('aria-pressed')).toBe('true')
    expect(byTestId('quality').textContent).toContain('请求重传 12 个包')
  })
  it('adds the size of pictures where there are several', async () => {
    const smaller = {
      ...QUALITY.people[1]!,
      seen_size: QUALITY.people[1]!.at.map((_, bin) => (bin < 30 ? 1 : 0.25)),
    }
    await show(() => Promise.resolve({ ...QUALITY, people: [smaller] }))
    expect(document.querySelectorAll('.plot').length).toBe(6)
    expect(byTestId<HTMLInputElement>('moment').getAttribute('aria-valuetext')).toContain('最小的一幅 25 %')
  })
  it('tells the figures of a moment to who moves there by keys', async () => {
    await show(() => Promise.resolve(QUALITY))
    const slider = byTestId<HTMLInputElement>('moment')
    await act(() => {
      slider.value = '30'
      slider.dispatchEvent(new Event('input', { bubbles: true }))
    })
    expect(byTestId('moment-time').textContent).toBe(hms(START + 150_000))
    expect(slider.getAttribute('aria-valuetext')).toContain('14:02:30')
    expect(slider.getAttribute('aria-valuetext')).toContain('上行 6 %')
    expect(slider.getAttribute('aria-valuetext')).toContain('看到 24 张')
    expect(slider.getAttribute('aria-valuetext')).toContain('估计可收 没有数据')
  })
  it('shows the stages of the call in one line, with when the button was pressed', async () => {
    await show(() => Promise.resolve(QUALITY))
    const line = [...byTestId('timings').children].map((step) => step.textContent)
    expect(line).toEqual([
      '按下到响铃0.08 秒',
      '响铃到接听4.0 秒',
      '接听到连上0.1 秒',
      '接听到听见声音0.1 秒',
    ])
    expect(byTestId('quality').textContent).toContain(`${hms(START)} 按下`)
  })
  it('lists who came and was cut off', async () => {
    await show(() => Promise.resolve(QUALITY))
    expect(byTestId('marks').textContent).toContain('静安寺店加入')
    expect(byTestId('marks').textContent).toContain(`${hms(START + 60_000)}陈立群断线`)
  })
  it('is empty in words where nothing was measured', async () => {
    await show(() => Promise.resolve({ ...QUALITY, people: [], marks: [] }))
    expect(byTestId('quality').textContent).toContain('没有质量数据')
  })
  it('tells a foreign call from a server that does not answer', async () => {
    await show(() => Promise.reject(new Refusal('not_found')))
    expect(byTestId('not-found').textContent).toContain('没有这次通话')
    const quality = vi.fn(() => Promise.reject<CallQuality>(new Refusal('unavailable')))
    await show(quality)
    await press('retry')
    expect(quality).toHaveBeenCalledTimes(2)
  })
})
