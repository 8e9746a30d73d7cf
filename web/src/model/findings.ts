/** What this device's own parts mean for a call, as words' keys: rules only, no browser. */
import type { Glance } from '../rtc/glance'
import type { Heard } from '../rtc/listen'
import type { Check } from './api'

/** Below this not even the smallest picture goes beside the sound; below the second one only a small one. */
export const LEAST_KBPS = 200
export const GOOD_KBPS = 700
/** Messages of many days; what is left must also do for other pages of the tablet. */
export const LEAST_FREE_MB = 50
/** Beyond it times on screen and of recordings are plainly wrong, and before long certificates too. */
export const MOST_AHEAD_S = 30
export const LEAST_CHARGE = 0.2
/** A covered lens, or a dark room: below it no picture tells more. */
const DARK_LUMA = 16

type Found = Omit<Check, 'name'>

const found = (state: Check['state'], words: string, more: Partial<Found> = {}): Found => ({
  state,
  words,
  rttMs: null,
  lines: [],
  ...more,
})

export function judgeUpload(kbps: number): Found {
  const more = {
    figure: kbps,
    values: { n: String(Math.round(kbps)) },
    lines: [`${Math.round(kbps)} kbit/s up`],
  }
  if (kbps < LEAST_KBPS) return found('bad', 'doctor.upload_bad', more)
  if (kbps < GOOD_KBPS) return found('weak', 'doctor.upload_weak', more)
  return found('good', 'doctor.upload_good', more)
}

/** `attended`: somebody stands before it, by day; otherwise a dark room is what one expects. */
export function judgeCamera({ pictures, luma, moved }: Glance, attended: boolean): Found {
  const more = {
    figure: pictures,
    lines: [`${pictures} pictures, brightness ${Math.round(luma)}, ${moved ? 'moving' : 'all the same'}`],
  }
  if (pictures === 0) return found('bad', 'doctor.camera_nothing', more)
  if (luma < DARK_LUMA)
    return attended ? found('weak', 'doctor.camera_black', more) : found('good', 'doctor.camera_dark', more)
  if (!moved && pictures > 1) return found('weak', 'doctor.camera_frozen', more)
  return found('good', 'check.camera_good', more)
}

export function judgeMicrophone({ delivers, loud }: Heard): Found {
  const lines = [`delivers ${delivers ?? '?'}, sound ${loud ?? '?'}`]
  if (delivers === false) return found('bad', 'doctor.microphone_nothing', { lines })
  if (loud === false) return found('weak', 'doctor.microphone_quiet', { lines })
  return found('good', 'check.microphone_good', { lines })
}

/** `freeMb`: null where the browser does not say. */
export function judgeStorage(facts: { writes: boolean; freeMb: number | null; kept: boolean | null }): Found {
  const { writes, freeMb, kept } = facts
  const more = {
    figure: freeMb,
    values: { n: String(Math.round(freeMb ?? 0)) },
    lines: [
      `writes ${writes}, ${freeMb === null ? '?' : Math.round(freeMb)} MB free, persisted ${kept ?? '?'}`,
    ],
  }
  if (!writes) return found('bad', 'doctor.storage_bad', more)
  if (freeMb !== null && freeMb < LEAST_FREE_MB) return found('weak', 'doctor.storage_full', more)
  return found('good', 'doctor.storage_good', more)
}

/** `aheadMs`: of the server's clock; null while nobody tells it. */
export function judgeClock(aheadMs: number | null): Found {
  if (aheadMs === null) return found('unknown', 'doctor.clock_unknown')
  const s = aheadMs / 1000
  const more = {
    figure: s,
    values: { n: String(Math.round(Math.abs(s))) },
    lines: [`${s.toFixed(1)} s ahead of the server`],
  }
  if (Math.abs(s) > MOST_AHEAD_S)
    return found('weak', s > 0 ? 'doctor.clock_fast' : 'doctor.clock_slow', more)
  return found('good', 'doctor.clock_good', more)
}

/** `current`: whether the server's page is this one; null if it could not be asked. */
export function judgeVersion(current: boolean | null): Found {
  if (current === null) return found('unknown', 'doctor.version_unknown')
  return current ? found('good', 'doctor.version_good') : found('weak', 'doctor.version_old')
}

export function judgeBrowser(lacks: readonly string[]): Found {
  const where = lacks.join(', ')
  return lacks.length > 0
    ? found('bad', 'doctor.browser_bad', { values: { where }, lines: [`lacks ${where}`] })
    : found('good', 'doctor.browser_good')
}

/** Null for a device without a battery, or a browser that does not tell. */
export function judgeBattery(battery: { level: number; charging: boolean } | null): Found | null {
  if (battery === null) return null
  const percent = Math.round(battery.level * 100)
  const more = {
    figure: percent,
    values: { n: String(percent) },
    lines: [`${percent} %, ${battery.charging ? 'charging' : 'not charging'}`],
  }
  return battery.level < LEAST_CHARGE && !battery.charging
    ? found('weak', 'doctor.battery_low', more)
    : found('good', 'doctor.battery_good', more)
}
