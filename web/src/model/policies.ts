/** The chain's rules, as administrators read and set them. */
import type { Policies } from '../contract'
import { call } from '../link/http'

export interface PoliciesDesk {
  get(): Promise<Policies>
  /** Counts at once, also for who is signed in. */
  set(policies: Policies): Promise<void>
}

export const policies: PoliciesDesk = {
  get: () => call('GET', '/api/policies'),
  set: (body) => call('PUT', '/api/policies', { body }),
}
