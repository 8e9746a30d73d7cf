/** Whom calls ring, as administrators see and set it. */
import type { Chains, ExpertProfile, PersonId, Routing, RoutingNow } from '../contract'
import { call } from '../link/http'

export interface RoutingDesk {
  /** The chains, and when and for what each expert can be rung. */
  get(): Promise<Routing>
  /** Whom a call for each reason would ring this moment. */
  now(): Promise<RoutingNow>
  /**
   * Counts for calls that begin from now on. The detail of `bad_message` begins with the wrong field; `precondition`:
   * others were set since those of the tag `replaces`.
   */
  setChains(chains: Chains, replaces: string): Promise<void>
  setProfile(person: PersonId, profile: ExpertProfile, replaces: string): Promise<void>
}

export const routing: RoutingDesk = {
  get: () => call('GET', '/api/routing'),
  now: () => call('GET', '/api/routing/now'),
  setChains: (body, replaces) => call('PUT', '/api/routing/chains', { body, replaces }),
  setProfile: (person, body, replaces) =>
    call('PUT', `/api/routing/experts/${encodeURIComponent(person)}`, { body, replaces }),
}
