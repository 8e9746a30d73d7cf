/** How quick the stages of calls were, and where that can be downloaded. */
import type { CallTimings, TimingsBy } from '../contract'
import { call } from '../link/http'

/** Which calls, told apart by what; an empty part does not narrow them. */
export interface TimingsWish {
  by: TimingsBy
  /** So many back, the present one included. */
  weeks: number
  /** `2026-W48` */
  week: string
  region: string
  store: string
}

export interface TimingsDesk {
  /** Weeks, the newest first; regions and stores, those whose pictures come slowest first. */
  list(wish: TimingsWish): Promise<CallTimings>
  /** Where they can be downloaded, a line for each store and week. */
  exportUrl(wish: TimingsWish): string
}

/** Weeks begin by the clocks of whoever looks. */
const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

function queryOf(parts: Record<string, string>): string {
  const query = new URLSearchParams({ zone: zone() })
  for (const [name, value] of Object.entries(parts)) if (value) query.set(name, value)
  return query.toString()
}

export const timings: TimingsDesk = {
  list: ({ weeks, ...wish }) => call('GET', `/api/timings?${queryOf({ ...wish, weeks: String(weeks) })}`),
  exportUrl: ({ weeks, region, store }) =>
    `/api/timings/export?${queryOf({ weeks: String(weeks), region, store })}`,
}
