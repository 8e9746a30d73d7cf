/** Working hours as they are written: one line for all days that begin and end alike; a night is cut at midnight. */
import type { Shift } from '../../../contract'
import { lang, t } from '../../../i18n'

const DAY_MIN = 1440
export const DAYS = [0, 1, 2, 3, 4, 5, 6] as const

/** Days with the same hours; the times as `<input type=time>` has them, empty where nothing was typed. */
export interface Hours {
  days: readonly number[]
  from: string
  to: string
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

function minutes(time: string): number | null {
  const [, hours, rest] = /^(\d\d):(\d\d)$/.exec(time) ?? []
  return hours && rest ? Number(hours) * 60 + Number(rest) : null
}

/** Lines in the order in which they begin; the two halves of a night are one line again. */
export function hoursOf(shifts: readonly Shift[]): Hours[] {
  const lines = new Map<string, { days: number[]; from: number; to: number }>()
  const add = (day: number, from: number, to: number): void => {
    const key = `${from}-${to}`
    const line = lines.get(key) ?? { days: [], from, to }
    line.days.push(day)
    lines.set(key, line)
  }
  const mornings = shifts.filter((one) => one.from_min === 0 && one.to_min < DAY_MIN)
  const joined = new Set<Shift>()
  for (const shift of shifts) {
    const next = mornings.find((one) => one.day === (shift.day + 1) % 7 && !joined.has(one))
    if (shift.to_min === DAY_MIN && shift.from_min > 0 && next && next.to_min < shift.from_min) {
      joined.add(next)
      add(shift.day, shift.from_min, next.to_min)
      joined.add(shift)
    }
  }
  for (const shift of shifts) if (!joined.has(shift)) add(shift.day, shift.from_min, shift.to_min)
  return [...lines.values()]
    .map(({ days, from, to }) => ({ days: days.sort((a, b) => a - b), from: clock(from), to: clock(to) }))
    .sort((a, b) => a.days[0]! - b.days[0]! || a.from.localeCompare(b.from))
}

/** What a line lacks, in words. */
export function wrongWith(line: Hours): string | null {
  if (line.days.length === 0) return t('routing.wrong_days')
  const [from, to] = [minutes(line.from), minutes(line.to)]
  if (from === null || to === null) return t('routing.wrong_times')
  return from === to && from !== 0 ? t('routing.wrong_same_time') : null
}

/** Of lines with which nothing is wrong. Midnight at the end is the end of the day. */
export function shiftsOf(lines: readonly Hours[]): Shift[] {
  return lines.flatMap((line) =>
    line.days.flatMap((day): Shift[] => {
      const [from, to] = [minutes(line.from) ?? 0, minutes(line.to) || DAY_MIN]
      if (from < to) return [{ day, from_min: from, to_min: to }]
      return [
        { day, from_min: from, to_min: DAY_MIN },
        { day: (day + 1) % 7, from_min: 0, to_min: to },
      ]
    }),
  )
}

/** 周一, Mon. */
export function dayName(day: number): string {
  // The first of January 2024 was a Monday.
  return new Intl.DateTimeFormat(lang.value, { weekday: 'short' }).format(new Date(2024, 0, 1 + day))
}

/** 周一至周五 09:00–18:00: days that follow each other are told by the first and the last. */
export function saysHours(shifts: readonly Shift[]): string {
  if (shifts.length === 0) return t('routing.always')
  return hoursOf(shifts)
    .map(({ days, from, to }) => {
      const runs: number[][] = []
      for (const day of days) {
        const last = runs.at(-1)
        if (last?.at(-1) === day - 1) last.push(day)
        else runs.push([day])
      }
      const named = runs.map((run) =>
        run.length > 2
          ? t('routing.days', { first: dayName(run[0]!), last: dayName(run.at(-1)!) })
          : run.map(dayName).join(t('list.comma')),
      )
      return `${named.join(t('list.comma'))} ${from}–${to === '00:00' ? '24:00' : to}`
    })
    .join(t('list.semicolon'))
}
