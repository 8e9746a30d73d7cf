/** When a tablet tests itself: once a day, at a minute of its own in the chain's window, when nobody needs it. */
import type { SelfTestWindow } from '../contract'

/** Nobody touched it for so long. */
export const IDLE_MS = 120_000
/** One that was given up is tried again then: before the tablet's next own minute by day. */
export const AGAIN_MS = 540_000
/**
 * Who missed the window begins in its own minute of each so many: in the morning all stores open at once, and after an
 * outage of the server all tablets are back in the same second.
 */
export const LATE_MIN = 10

const MINUTE_MS = 60_000
const DAY_MIN = 1440

export interface Moment {
  /** UTC by the server's clock, as `lastMs` is: a tablet's own may be days off. The hour is that of its time zone. */
  nowMs: number
  window: SelfTestWindow
  /** When it last reported; null: never, as far as is known. */
  lastMs: number | null
  /** How long nobody has touched it. */
  idleMs: number
  /** How long ago it last began in vain; Infinity: it did not. */
  triedAgoMs: number
}

/** A number below `most` that is always the same for `id` and evenly spread over all: FNV-1a. */
export function share(id: string, most: number): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193) >>> 0
  return (hash >>> 8) % most
}

/** When the window last opened, by the wall: a night with a change of clocks opens at the same hour. */
export function openedMs(nowMs: number, { from_min }: SelfTestWindow): number {
  const at = new Date(nowMs)
  at.setHours(0, from_min, 0, 0)
  if (at.getTime() > nowMs) at.setDate(at.getDate() - 1)
  return at.getTime()
}

/** Whether `id` should begin now; that it is in no call is for whoever asks. */
export function due(id: string, moment: Moment): boolean {
  const { nowMs, window, lastMs, idleMs, triedAgoMs } = moment
  const opened = openedMs(nowMs, window)
  const lengthMin = (window.to_min - window.from_min + DAY_MIN) % DAY_MIN
  if (lastMs !== null && lastMs >= opened) return false
  if (idleMs < IDLE_MS || triedAgoMs < AGAIN_MS) return false
  if (nowMs < opened + lengthMin * MINUTE_MS) return nowMs >= opened + share(id, lengthMin) * MINUTE_MS
  return Math.floor(nowMs / MINUTE_MS) % LATE_MIN === share(id, LATE_MIN)
}
