/** The chain's rules, as administrators read and set them. */
import type { KeptPolicies, Me, Policies, Role } from '../contract'
import { call } from '../link/http'

export interface PoliciesDesk {
  get(): Promise<KeptPolicies>
  /** Counts at once, also for who is signed in; as they are kept then. Refusals: precondition (set by others since). */
  set(policies: Policies, replaces: string): Promise<KeptPolicies>
}

/** As in signaling/domain/policies.py. */
const LEADING: readonly Role[] = ['expert', 'trainer']

/**
 * Whether what somebody says or does here may be recorded: then they are told before. `leader`: who leads the call or
 * class, where that is known already.
 */
export function mayRecord(me: Me | null | undefined, leader?: Role): boolean {
  const rule = me?.policies?.recorded
  if (rule === 'experts' && leader !== undefined) return LEADING.includes(leader)
  return rule !== 'never'
}

/** Whether a store may ask to be called at a time: it wants what a call is for, and that headquarters calls. */
export function mayBook(me: Me | null | undefined): boolean {
  const rules = me?.policies
  return rules?.stores_call !== false && rules?.headquarters_calls !== false
}

/** The same of what this one leads. */
export const mayRecordMine = (me: Me | null | undefined): boolean => mayRecord(me, me?.person.role)

const get = (): Promise<KeptPolicies> => call('GET', '/api/policies')

export const policies: PoliciesDesk = {
  get,
  set: async (body, replaces) => {
    await call<null>('PUT', '/api/policies', { body, replaces })
    return get()
  },
}
