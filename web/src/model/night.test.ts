import { describe, expect, it } from 'vitest'
import { AGAIN_MS, due, IDLE_MS, LATE_MIN, openedMs, share } from './night'

const MINUTE = 60_000
const WINDOW = { from_min: 180, to_min: 300 }
const at = (hour: number, minute = 0, day = 27): number => new Date(2026, 10, day, hour, minute).getTime()
const ids = Array.from({ length: 500 }, (_, n) => `p-store-${n}`)

/** A tablet that has stood untouched since the morning and reported last night. */
function moment(nowMs: number, more: Partial<Parameters<typeof due>[1]> = {}) {
  return {
    nowMs,
    window: WINDOW,
    lastMs: at(4, 0, 26),
    idleMs: 3_600_000,
    triedAgoMs: Infinity,
    ...more,
  }
}

describe('a night of self-tests', () => {
  it('spreads five hundred tablets over the window, each at the same minute every night', () => {
    const minutes = new Map<number, number>()
    for (const id of ids) {
      const first = Array.from({ length: 24 * 60 }, (_, n) => n).find((n) => due(id, moment(at(0, n))))!
      expect(first).toBeGreaterThanOrEqual(180)
      expect(first).toBeLessThan(300)
      expect(due(id, moment(at(0, first, 28), { lastMs: at(0, first) }))).toBe(true)
      minutes.set(first, (minutes.get(first) ?? 0) + 1)
    }
    expect(Math.max(...minutes.values())).toBeLessThan(20)
    expect(minutes.size).toBeGreaterThan(90)
  })
  it('is over for a tablet that has reported, whatever made it do so', () => {
    for (const id of ids.slice(0, 20)) {
      expect(due(id, moment(at(4, 59), { lastMs: at(3, 0) }))).toBe(false)
      expect(due(id, moment(at(23), { lastMs: at(12) }))).toBe(false)
    }
  })
  it('waits until nobody has touched the tablet for a while, and a while after one that was given up', () => {
    const now = at(4, 59, 27)
    expect(due('p-1', moment(now, { idleMs: IDLE_MS - 1 }))).toBe(false)
    expect(due('p-1', moment(now, { idleMs: IDLE_MS }))).toBe(true)
    expect(due('p-1', moment(now, { triedAgoMs: AGAIN_MS - 1 }))).toBe(false)
    expect(due('p-1', moment(now, { triedAgoMs: AGAIN_MS }))).toBe(true)
  })
  it.each([9, 15])('is made up for at %i within minutes, not by all stores in the same one', (hour) => {
    const minutes = new Map<number, number>()
    for (const id of ids) {
      const first = Array.from({ length: 20 }, (_, n) => n).find((n) => due(id, moment(at(hour, n))))!
      expect(first).toBeLessThan(LATE_MIN)
      expect(due(id, moment(at(hour, first), { lastMs: null }))).toBe(true)
      minutes.set(first, (minutes.get(first) ?? 0) + 1)
    }
    expect(Math.max(...minutes.values())).toBeLessThan(100)
    expect(minutes.size).toBe(LATE_MIN)
  })
  it('may lie about midnight', () => {
    const window = { from_min: 23 * 60, to_min: 60 }
    expect(openedMs(at(0, 30), window)).toBe(at(23, 0, 26))
    expect(openedMs(at(23, 30), window)).toBe(at(23))
    const first = ids.map((id) =>
      Array.from({ length: 180 }, (_, n) => at(22, 0, 26) + n * MINUTE).find((nowMs) =>
        due(id, moment(nowMs, { window, lastMs: at(23, 59, 25) })),
      )!,
    )
    expect(Math.min(...first)).toBeGreaterThanOrEqual(at(23, 0, 26))
    expect(Math.max(...first)).toBeLessThan(at(1))
  })
  it('gives each tablet a share that is its own', () => {
    expect(share('p-1', 120)).toBe(share('p-1', 120))
    expect(new Set(ids.map((id) => share(id, 120))).size).toBeGreaterThan(90)
  })
})
