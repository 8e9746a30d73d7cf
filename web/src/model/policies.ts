/** The chain's rules, as administrators read and set them. */
import type { KeptPolicies, Me, Policies } from '../contract'
import { call } from '../link/http'

export interface PoliciesDesk {
  get(): Promise<KeptPolicies>
  /** Counts at once, also for who is signed in; as they are kept then. Refusals: precondition (set by others since). */
  set(policies: Policies, replaces: string): Promise<KeptPolicies>
}

/** Whether what somebody says or does here may be recorded: then they are told before. */
export const mayRecord = (me: Me | null | undefined): boolean => me?.policies?.recorded !== 'never'

const get = (): Promise<KeptPolicies> => call('GET', '/api/policies')

export const policies: PoliciesDesk = {
  get,
  set: async (body, replaces) => {
    await call<null>('PUT', '/api/policies', { body, replaces })
    return get()
  },
}
