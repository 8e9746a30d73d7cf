/** The audit as it is asked for: which lines, and where all of them can be downloaded. */
import type { Action, AuditPage } from '../contract'
import { call } from '../link/http'
import type { Model } from './api'

/** Which lines; an empty part does not narrow them. */
export interface AuditWish {
  /** An id, or part of a login or name. */
  who: string
  /** An id, or part of a login, a name, or a store's number. */
  about: string
  action: Action | ''
  /** Days as a date input has them, by this device's clock: `2026-11-26`; both are included. */
  from: string
  to: string
}

export const EVERYTHING: AuditWish = { who: '', about: '', action: '', from: '', to: '' }

/** The wish as a query string; a day becomes the moments at which it begins and ends here. */
export function queryOf(wish: AuditWish, before?: number): string {
  const query = new URLSearchParams()
  for (const key of ['who', 'about', 'action'] as const) {
    const value = wish[key].trim()
    if (value) query.set(key, value)
  }
  if (wish.from) query.set('from_ms', String(midnight(wish.from, 0)))
  if (wish.to) query.set('to_ms', String(midnight(wish.to, 1)))
  if (before !== undefined) query.set('before', String(before))
  const text = query.toString()
  return text && `?${text}`
}

function midnight(date: string, daysLater: number): number {
  const [year, month, day] = date.split('-').map(Number)
  return new Date(year!, month! - 1, day! + daysLater).getTime()
}

export const audit: Model['audit'] = {
  list: (wish, before) => call<AuditPage>('GET', `/api/audit${queryOf(wish, before)}`),
  exportUrl: (wish) => `/api/audit/export${queryOf(wish)}`,
}
