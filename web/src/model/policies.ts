/** The chain's rules, as administrators read and set them. */
import type { Me, Policies } from '../contract'
import { call } from '../link/http'

export interface PoliciesDesk {
  get(): Promise<Policies>
  /** Counts at once, also for who is signed in. */
  set(policies: Policies): Promise<void>
}

/** Whether what somebody says or does here may be recorded: then they are told before. */
export const mayRecord = (me: Me | null | undefined): boolean => me?.policies?.recorded !== 'never'

export const policies: PoliciesDesk = {
  get: () => call('GET', '/api/policies'),
  set: (body) => call('PUT', '/api/policies', { body }),
}
