// @vitest-environment happy-dom
import { beforeAll, describe, expect, it } from 'vitest'
import { setLang } from '../i18n'
import { brief, clock, day, span, today, until, when } from './format'
import { tintOf } from './parts/Person'

const at = (days: number, hour = 14, minute = 32): number =>
  new Date(2026, 10, 21 - days, hour, minute).getTime()

describe('figures in words', () => {
  beforeAll(() => setLang('zh-CN'))
  it('says durations as people do, never 372 seconds', () => {
    expect([clock(14), clock(372), clock(3723), clock(-1), clock(NaN)]).toEqual([
      '0:14',
      '6:12',
      '1:02:03',
      '0:00',
      '0:00',
    ])
    expect([span(8), span(372), span(4000)]).toEqual(['8 秒', '6 分 12 秒', '1 小时 6 分'])
    expect([brief(0), brief(61), brief(240), brief(4020), brief(61_000)]).toEqual([
      '马上',
      '0.06 秒',
      '0.2 秒',
      '4.0 秒',
      '1 分 1 秒',
    ])
  })
  it('says today by the clock, this week by the day, older by the date', () => {
    expect(when(at(0), at(0, 20))).toBe('14:32')
    expect(when(at(1, 23, 59), at(0, 0, 1))).toBe('昨天 23:59')
    expect(when(at(2), at(0))).toBe('周四 14:32')
    expect(when(at(9), at(0))).toBe('11 月 12 日 14:32')
    expect(today(at(0))).toBe('11 月 21 日 星期六')
  })
  it('says the same in English', async () => {
    await setLang('en')
    expect(when(at(1), at(0))).toBe('Yesterday 14:32')
    expect(when(at(2), at(0))).toBe('Thu 14:32')
    expect(day(at(9))).toBe('12 Nov')
    expect(span(372)).toBe('6 min 12 s')
    await setLang('zh-CN')
  })
})

describe('a time until when', () => {
  it('says its day unless that is today', () => {
    expect(until(at(0, 18), at(0))).toBe('18:32')
    expect(until(at(-3), at(0))).toContain('24')
  })
})

describe('a tint', () => {
  it('is one of six and uses them all', () => {
    const seen = new Set(Array.from({ length: 60 }, (_, n) => tintOf(`p-${n}`)))
    expect([...seen].sort()).toEqual([1, 2, 3, 4, 5, 6])
  })
})
