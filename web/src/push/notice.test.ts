import { describe, expect, it } from 'vitest'
import type { PushedOver, PushedRing } from '../contract'
import { PUSH_WORDS } from '../i18n/push'
import { leftMs, ringNotice, wordNotice } from './notice'

const SINCE = new Date(2026, 10, 27, 14, 3).getTime()
const common = {
  room: 'room-1',
  device: 'device-1',
  language: 'zh' as const,
  store: { zh: '静安寺店', en: "Jing'an Temple" },
  number: '0117',
  reason: 'equipment' as const,
  about: null,
  since: SINCE,
}
const ring = (more: Partial<PushedRing> = {}): PushedRing => ({
  ...common,
  type: 'ring',
  until: SINCE + 45_000,
  ...more,
})
const over = (more: Partial<PushedOver> = {}): PushedOver => ({
  ...common,
  type: 'over',
  end: 'timed_out',
  by: null,
  ...more,
})

describe('a ring', () => {
  it('says in the language of the person which store calls and why, and stays until something is done', () => {
    const chinese = ringNotice(ring({ about: { zh: '双缸炸炉', en: 'Twin fryer' } }))
    expect(chinese.title).toBe('静安寺店来电')
    expect(chinese.options.body).toBe('设备坏了 · 双缸炸炉 · 0117')
    expect(chinese.options).toMatchObject({ tag: 'room-1', requireInteraction: true, renotify: true })
    expect(chinese.options.actions).toEqual([{ action: 'answer', title: '接听' }])
    const english = ringNotice(ring({ language: 'en' }))
    expect([english.title, english.options.body]).toEqual(["Jing'an Temple is calling", 'Equipment · 0117'])
  })
  it('is good until its time and not a moment longer', () => {
    expect(leftMs(ring(), SINCE + 44_999)).toBe(1)
    expect(leftMs(ring(), SINCE + 45_000)).toBe(0)
    expect(leftMs(ring(), SINCE + 3_600_000)).toBe(0)
    expect(leftMs(over(), SINCE)).toBe(0)
  })
})

describe('a ring that is over', () => {
  it.each([
    [over(), '未接来电：静安寺店', false],
    [over({ end: 'not_reached' }), '未接来电：静安寺店', false],
    [over({ end: 'elsewhere', by: { zh: '张建国', en: 'Zhang' } }), '静安寺店：张建国已接听', true],
    [over({ end: 'elsewhere' }), '静安寺店：已经接听', true],
    [over({ end: 'declined' }), '静安寺店：已经拒接', true],
    [over({ end: 'given_up' }), '静安寺店不再呼叫', true],
    [
      over({ end: 'elsewhere', language: 'en', by: { zh: '张', en: 'Zhang' } }),
      "Jing'an Temple: Zhang has answered",
      true,
    ],
  ] as const)('takes its place and says how it ended: %#', (message, title, silent) => {
    const notice = wordNotice(message)
    expect(notice.title).toBe(title)
    expect(notice.options).toMatchObject({
      tag: 'room-1',
      silent,
      requireInteraction: false,
      renotify: false,
    })
    expect(notice.options.body).toContain(message.language === 'en' ? 'Equipment' : '设备坏了')
  })
  it('is a missed call with its time if it comes late', () => {
    const late = wordNotice(ring())
    expect(late.title).toBe('未接来电：静安寺店')
    expect(late.options.body).toContain('14:03')
  })
})

describe('its words', () => {
  const flat = (words: object): [string, string][] =>
    Object.entries(words).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value]] : flat(value as object),
    )
  it('are the same in both languages, with the same blanks', () => {
    const blanks = (words: object) =>
      flat(words).map(([key, value]) => [key, [...value.matchAll(/{{\w+}}/g)].map(String).sort()])
    expect(blanks(PUSH_WORDS.zh)).toEqual(blanks(PUSH_WORDS.en))
  })
})
