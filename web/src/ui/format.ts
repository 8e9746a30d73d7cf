/** How figures are said: durations, clock times and days, in the reader's language. */
import { lang, t } from '../i18n'

const DAY_MS = 86_400_000
const two = (n: number): string => String(n).padStart(2, '0')

/** 0:14, 6:12, 1:02:03. Negative or unknown is 0:00. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0))
  const h = Math.floor(s / 3600)
  const m = Math.floor((s % 3600) / 60)
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}

/** 6 分 12 秒, 6 min 12 s; only seconds below a minute. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return t('time.s', { s })
  if (s < 3600) return t('time.ms', { m: Math.floor(s / 60), s: s % 60 })
  return t('time.hm', { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) })
}

/** Words below 10 ms, 0.06 秒 and 0.2 秒 below ten seconds, else as `span`. */
export function brief(ms: number): string {
  if (ms < 10) return t('time.at_once')
  const s = ms / 1000
  return s < 10 ? t('time.s', { s: s < 0.095 ? s.toFixed(2) : s.toFixed(1) }) : span(s)
}

/** 14:32, by this device's clock and place. */
export function timeOfDay(ms: number): string {
  const d = new Date(ms)
  return `${two(d.getHours())}:${two(d.getMinutes())}`
}

/** 14:32:05, by this device's clock and place. */
export function hms(ms: number): string {
  return `${timeOfDay(ms)}:${two(new Date(ms).getSeconds())}`
}

/** 2026-11-26 14:32:05, by this device's clock and place: for what must be told apart from all others. */
export function moment(ms: number): string {
  const d = new Date(ms)
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${hms(ms)}`
}

/** Until when: 14:32 today, else with its day, 12 月 4 日 14:32. */
export function until(ms: number, now: number): string {
  return midnight(ms) === midnight(now) ? timeOfDay(ms) : `${day(ms)} ${timeOfDay(ms)}`
}

const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0)
const say = (ms: number, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(lang.value === 'en' ? 'en-GB' : 'zh-CN', options).format(ms)

/** 11 月 22 日: a space between Chinese and figures. */
export function day(ms: number): string {
  if (lang.value === 'en') return say(ms, { day: 'numeric', month: 'short' })
  const d = new Date(ms)
  return `${d.getMonth() + 1} 月 ${d.getDate()} 日`
}

/** 11 月 21 日 星期六, Saturday 21 November. */
export function today(ms: number): string {
  if (lang.value === 'en') return say(ms, { weekday: 'long', day: 'numeric', month: 'long' }).replace(',', '')
  return `${day(ms)} ${say(ms, { weekday: 'long' })}`
}

/** What is to come: today 15:00, then 明天 09:00 and 周四 09:00, 09:00 tomorrow and 09:00 Thu. */
export function ahead(ms: number, now: number): string {
  const days = Math.round((midnight(ms) - midnight(now)) / DAY_MS)
  const time = timeOfDay(ms)
  if (days <= 0) return time
  return days === 1
    ? t('time.tomorrow', { time })
    : t('time.weekday', { day: say(ms, { weekday: 'short' }), time })
}

/** Today 14:32, yesterday 昨天 19:42, this week 周四 11:05, older 11 月 12 日 14:32. */
export function when(ms: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(ms)) / DAY_MS)
  const at = timeOfDay(ms)
  if (days <= 0) return at
  if (days === 1) return `${t('time.yesterday')} ${at}`
  if (days < 7) return `${say(ms, { weekday: 'short' })} ${at}`
  return `${day(ms)} ${at}`
}
