/** Marks on a timeline: where a second lies, which stretches are missing, and readable steps for the ruler. */
import type { Chapter, Gap } from '../../contract'

export const percent = (t: number, duration: number): number =>
  duration > 0 ? Math.min(100, Math.max(0, (100 * t) / duration)) : 0

/** Steps of the ruler: at most `most` of them, at whole seconds people count in. */
export function ticks(duration: number, most = 8): number[] {
  const step =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].find((s) => duration / s <= most) ?? 7200
  return Array.from({ length: Math.floor(duration / step) + 1 }, (_, index) => index * step)
}

/** The next chapter after `t`, null at the end; half a second of slack so that pressing N twice goes on. */
export function nextChapter(chapters: readonly Chapter[], t: number): Chapter | null {
  return chapters.find((chapter) => chapter.t_s > t + 0.5) ?? null
}

/** Chapters that would lie closer than `apart` seconds to the first of their group share one mark. */
export function grouped(chapters: readonly Chapter[], apart: number): Chapter[][] {
  const out: Chapter[][] = []
  for (const chapter of chapters) {
    const group = out.at(-1)
    if (group && chapter.t_s - group[0]!.t_s < apart) group.push(chapter)
    else out.push([chapter])
  }
  return out
}

/** Speeds a person may choose. */
export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2] as const

export function stepRate(rate: number, by: 1 | -1): number {
  const at = RATES.findIndex((one) => one >= rate - 0.01)
  return RATES[Math.min(RATES.length - 1, Math.max(0, at + by))]!
}

/** Gaps of one participant that touch one another become one, whatever track they are of. */
export function merged(gaps: readonly Gap[]): Gap[] {
  const out: Gap[] = []
  for (const gap of [...gaps].sort((a, b) => a.start_s - b.start_s)) {
    const last = out.at(-1)
    if (
      last &&
      last.participant === gap.participant &&
      last.reason === gap.reason &&
      gap.start_s <= last.end_s + 0.1
    )
      out[out.length - 1] = { ...last, end_s: Math.max(last.end_s, gap.end_s) }
    else out.push(gap)
  }
  return out
}
