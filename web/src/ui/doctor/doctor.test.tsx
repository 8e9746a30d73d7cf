// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Check, CheckUp } from '../../model/api'
import { TABLETS } from '../gallery/people'
import { POLICIES } from '../gallery/policies'
import { act, byTestId, draw, modelOf, press, signal } from '../testing'
import { Doctor } from './Doctor'

const CHECKS: Check[] = [
  { name: 'link', state: 'good', words: 'doctor.link_good', rttMs: 4.25, lines: ['socket online'] },
  {
    name: 'media',
    state: 'bad',
    words: 'doctor.media_blocked',
    values: { where: '203.0.113.5:7880' },
    rttMs: null,
    lines: ['media-0 203.0.113.5:7880: blocked'],
  },
]
const settled = (): Promise<void> => act(() => new Promise((resolve) => setTimeout(resolve))) as Promise<void>

function tablet(checkUp: Partial<CheckUp>) {
  const made = { checks: signal(CHECKS), running: signal(false), run: vi.fn(), close: vi.fn(), ...checkUp }
  const me = {
    person: TABLETS[0]!,
    also: [],
    partly: [],
    chain: { zh: '小灶堂', en: 'Little Stove' },
    version: '1.2',
    ring_s: 30,
    policies: POLICIES,
  }
  return { made, model: modelOf({ me: signal(me), checkUp: () => Promise.resolve(made) }) }
}

async function open(model: ReturnType<typeof tablet>['model'], language: 'zh-CN' | 'en'): Promise<void> {
  await draw(
    <LocationProvider>
      <Doctor />
    </LocationProvider>,
    model,
    language,
  )
  await settled()
  await settled() // once for the check to come, once for its view
}

describe('the check of this device', () => {
  beforeEach(() => {
    vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
  })
  it('looks at once, and says what is wrong, where and what to do', async () => {
    const { made, model } = tablet({})
    await open(model, 'en')
    expect(made.run).toHaveBeenCalledOnce()
    expect(byTestId('doctor-verdict').dataset.state).toBe('bad')
    expect(byTestId('doctor-media').textContent).toContain('let UDP to 203.0.113.5:7880 through')
    expect(byTestId('doctor-link').textContent).toContain('4.3 ms')
    await press('doctor-again')
    expect(made.run).toHaveBeenCalledTimes(2)
  })
  it('hands out a report that tells device, sentence and measurement', async () => {
    const writeText = vi.fn(() => Promise.resolve())
    vi.stubGlobal('navigator', { ...navigator, userAgent: 'Tablet/1', clipboard: { writeText } })
    await open(tablet({}).model, 'zh-CN')
    await press('doctor-copy')
    await settled()
    const [text] = writeText.mock.calls[0] as unknown as [string]
    for (const part of [
      'Passline 1.2',
      'Tablet/1',
      '0117',
      '放行 UDP 203.0.113.5:7880',
      'media-0 203.0.113.5',
    ])
      expect(text).toContain(part)
    expect(byTestId('doctor-copy').textContent).toContain('已复制')
  })
  it('marks the report where the browser lends no clipboard', async () => {
    vi.stubGlobal('navigator', { ...navigator, clipboard: undefined })
    await open(tablet({}).model, 'en')
    await press('doctor-copy')
    await settled()
    expect(byTestId('doctor-report').closest('details')?.open).toBe(true)
    expect(document.body.textContent).toContain('Ctrl+C')
  })
})
