// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OwnSelfTest, SelfTestReport } from '../contract'
import type { Check, CheckUp } from './api'
import { AGAIN_MS, LATE_MIN } from './night'
import { reportOf, SelfTests } from './selftest'

const CHECKS: Check[] = [
  { name: 'link', state: 'good', words: 'doctor.link_good', rttMs: 4, lines: [] },
  { name: 'camera', state: 'bad', words: 'error.device_denied_camera', rttMs: null, lines: [] },
]
const HOUR = 3_600_000
const EVENING = new Date(2026, 10, 26, 20).getTime()

/** A tablet whose look takes a minute, in the evening before a night. `aheadMs`: its clock of the server's. */
function tablet(aheadMs = 0) {
  const asked: ({ attended: boolean; signal?: AbortSignal } | undefined)[] = []
  const reports: SelfTestReport[] = []
  const own: OwnSelfTest = { window: { from_min: 180, to_min: 300 }, last: null, free: true }
  const serverMs = (): number => Date.now() - aheadMs
  const free = signal(true)
  const elsewhere = { looks: false, broken: false }
  const who = signal<string | null>('p-store-7')
  const report = vi.fn((said: SelfTestReport) => {
    reports.push(said)
    if (!said.abandoned) own.last = { at: serverMs(), why: said.why, version: '1', checks: [] }
    return Promise.resolve()
  })
  const checkUp = {
    run: (how?: { attended: boolean; signal?: AbortSignal }) => {
      asked.push(how)
      return new Promise<readonly Check[] | null>((resolve) => {
        setTimeout(() => resolve(CHECKS), 60_000)
        how?.signal?.addEventListener('abort', () => resolve(null))
      })
    },
  } as CheckUp
  own.last = { at: serverMs() - 14 * HOUR, why: 'night', version: '1', checks: [] }
  const tests = new SelfTests({
    tablet: who,
    version: () => '1.2',
    free,
    checkUp: () => Promise.resolve(checkUp),
    learn: () => Promise.resolve({ ...own }),
    report,
    alone: () =>
      elsewhere.broken
        ? Promise.reject(new Error('no locks'))
        : Promise.resolve(elsewhere.looks ? null : { release: () => undefined }),
    nowMs: serverMs,
    monoMs: () => Date.now(),
  })
  return { tests, asked, reports, own, free, who, report, elsewhere }
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const touch = (): boolean => dispatchEvent(new Event('pointerdown'))
const show = (how: 'visible' | 'hidden'): void => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(how)
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('a tablet at night', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: EVENING })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  it('looks once, unattended, in the window, and says what it found', async () => {
    const { tests, asked, reports } = tablet()
    tests.start()
    await pass(7 * HOUR - 1)
    expect(asked, 'before three').toEqual([])
    await pass(2 * HOUR + 60_000)
    expect(asked.map((one) => one?.attended)).toEqual([false])
    expect(reports).toEqual([
      {
        why: 'night',
        version: '1.2',
        abandoned: false,
        checks: [
          { name: 'link', state: 'good', words: 'doctor.link_good', figure: 4, where: '' },
          { name: 'camera', state: 'bad', words: 'error.device_denied_camera', figure: null, where: '' },
        ],
      },
    ])
    await pass(12 * HOUR)
    expect(asked).toHaveLength(1)
    await pass(24 * HOUR)
    expect(asked, 'the next night').toHaveLength(2)
  })
  it('gives up at once when somebody touches it, says nothing, and looks again later', async () => {
    const { tests, asked, reports } = tablet()
    tests.start()
    while (asked.length === 0) await pass(10_000)
    touch()
    expect(asked[0]?.signal?.aborted).toBe(true)
    await pass(AGAIN_MS - 60_000)
    expect([asked.length, reports.length]).toEqual([1, 0])
    await pass(3 * 60_000)
    expect(asked).toHaveLength(2)
  })
  it('gives up at once for a call, and never begins in one', async () => {
    const { tests, asked, free } = tablet()
    tests.start()
    while (asked.length === 0) await pass(10_000)
    free.value = false
    expect(asked[0]?.signal?.aborted).toBe(true)
    await pass(5 * HOUR)
    expect(asked).toHaveLength(1)
    free.value = true
    await pass(LATE_MIN * 60_000)
    expect(asked, 'made up for').toHaveLength(2)
  })
  it('looks once a day by the server’s clock, however wrong its own is', async () => {
    for (const aheadMs of [-50 * HOUR, 50 * HOUR]) {
      const { tests, asked, reports } = tablet(aheadMs)
      tests.start()
      await pass(24 * HOUR)
      expect([asked.length, reports.length]).toEqual([1, 1])
    }
  })
  it('leaves it to another page of the tablet that looks, has reported, or is in a call', async () => {
    const { tests, asked, own, elsewhere } = tablet()
    tests.start()
    elsewhere.looks = true
    await pass(9.5 * HOUR)
    own.free = false
    elsewhere.looks = false
    await pass(HOUR)
    expect(asked).toEqual([])
    own.free = true
    own.last = { at: Date.now(), why: 'night', version: '1', checks: [] }
    await pass(4 * HOUR)
    expect(asked).toEqual([])
  })
  it('neither begins nor goes on while nobody sees the page', async () => {
    const { tests, asked } = tablet()
    tests.start()
    while (asked.length === 0) await pass(10_000)
    show('hidden')
    expect(asked[0]?.signal?.aborted).toBe(true)
    await pass(5 * HOUR)
    expect(asked).toHaveLength(1)
    show('visible')
    await pass(LATE_MIN * 60_000)
    expect(asked).toHaveLength(2)
  })
  it('says again what could not be said', async () => {
    const { tests, asked, report, reports } = tablet()
    report.mockImplementationOnce(() => Promise.reject(new Error('offline')))
    tests.start()
    await pass(9 * HOUR)
    expect([asked.length, reports.length]).toEqual([2, 1])
  })
  it('does nothing for who is no tablet', async () => {
    const { tests, asked, who } = tablet()
    who.value = null
    tests.start()
    await pass(48 * HOUR)
    await tests.ordered()
    expect(asked).toEqual([])
  })
})

describe('a tablet that headquarters asks', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: EVENING })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  it('looks now', async () => {
    const { tests, reports } = tablet()
    tests.start()
    void tests.ordered()
    await pass(60_000)
    expect(reports.map((one) => [one.why, one.abandoned])).toEqual([['order', false]])
  })
  it('says that it is in use: in a call, touched meanwhile, or looking already', async () => {
    const { tests, reports, free, asked } = tablet()
    tests.start()
    free.value = false
    await tests.ordered()
    free.value = true
    void tests.ordered()
    await pass(0)
    await tests.ordered()
    touch()
    await pass(0)
    expect(asked).toHaveLength(1)
    expect(reports.map((one) => [one.abandoned, one.checks])).toEqual([
      [true, []],
      [true, []],
      [true, []],
    ])
  })
  it('leaves the answer to another page that looks already', async () => {
    const { tests, reports, elsewhere } = tablet()
    tests.start()
    elsewhere.looks = true
    await tests.ordered()
    expect(reports).toEqual([])
  })
  it('looks again after it could not ask whether another page does', async () => {
    const { tests, reports, elsewhere } = tablet()
    tests.start()
    elsewhere.broken = true
    await tests.ordered()
    elsewhere.broken = false
    void tests.ordered()
    await pass(60_000)
    expect(reports.map((one) => one.abandoned)).toEqual([false])
  })
  it('tells of addresses only what the server takes', () => {
    const where = (text: string): string | undefined =>
      reportOf([{ ...CHECKS[0]!, values: { where: text } }])[0]?.where
    expect(where('192.0.2.1:7880-7881/7890, [2001:db8::1]:7880')).toBe(
      '192.0.2.1:7880-7881/7890, [2001:db8::1]:7880',
    )
    expect(where('turn:a.example:3478?transport=udp, call 555 now, x')).toBe(
      'turn:a.example:3478?transport=udp, x',
    )
    expect(where(Array.from({ length: 99 }, () => 'a'.repeat(60)).join(', '))?.length).toBe(60 * 4 + 6)
  })
  it('tells what somebody found by hand, and forgets it with who was signed in', async () => {
    const { tests, reports, who } = tablet()
    tests.start()
    await tests.byHand(CHECKS)
    expect(reports[0]?.why).toBe('hand')
    expect(tests.last.value?.why).toBe('hand')
    who.value = null
    expect(tests.last.value).toBe(null)
  })
})
