import { describe, expect, it } from 'vitest'
import type { Chapter, Gap } from '../../contract'
import { grouped, merged, nextChapter, percent, stepRate, ticks } from './marks'

const chapter = (t_s: number): Chapter => ({ t_s, kind: 'chat', person: 'p', still: null, message: null })
const gap = (start_s: number, end_s: number, participant = 'p'): Gap => ({
  participant,
  source: 'camera',
  start_s,
  end_s,
  reason: 'network',
})

describe('the timeline', () => {
  it('has at most nine marks on its ruler, for a minute and for three hours', () => {
    for (const duration of [4, 61, 372, 3600, 10800]) expect(ticks(duration).length).toBeLessThanOrEqual(9)
  })
  it('keeps a position inside its ends', () => {
    expect(percent(5, 10)).toBe(50)
    expect(percent(50, 10)).toBe(100)
    expect(percent(1, 0)).toBe(0)
  })
  it('goes to the chapter after this one, not to this one again', () => {
    const chapters = [chapter(0), chapter(10), chapter(20)]
    expect(nextChapter(chapters, 10.2)?.t_s).toBe(20)
    expect(nextChapter(chapters, 21)).toBeNull()
  })
  it('gives chapters that would lie on one another one mark', () => {
    const groups = grouped([chapter(0), chapter(0.2), chapter(1.1), chapter(5)], 1)
    expect(groups.map((group) => group.length)).toEqual([2, 1, 1])
  })
  it('steps through the speeds and stops at both ends', () => {
    expect(stepRate(1, 1)).toBe(1.25)
    expect(stepRate(2, 1)).toBe(2)
    expect(stepRate(0.5, -1)).toBe(0.5)
  })
  it('draws one gap where sound and picture are missing together', () => {
    expect(merged([gap(1, 3), gap(2, 4), gap(8, 9)])).toHaveLength(2)
    expect(merged([gap(1, 3), gap(2, 4, 'q')])).toHaveLength(2)
  })
})
