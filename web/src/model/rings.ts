/** Which devices ring and which do not; which calls of headquarters this store missed. */
import type { MissedCalls, RingRates } from '../contract'
import { call } from '../link/http'

export interface RingsDesk {
  /** The least reliable device first; `region` empty: all that one answers for. */
  rates(days: number, region: string): Promise<RingRates>
  /** Of the last day, newest first; nothing once they have spoken. */
  missed(): Promise<MissedCalls>
}

export const rings: RingsDesk = {
  rates: (days, region) => {
    const query = new URLSearchParams({ days: String(days) })
    if (region) query.set('region', region)
    return call('GET', `/api/rings?${query.toString()}`)
  },
  missed: () => call('GET', '/api/missed'),
}
