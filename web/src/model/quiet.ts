/** When one does not want to be rung, for whoever calls ring. */
import type { KeptQuiet, Presence, Quiet } from '../contract'
import { call } from '../link/http'

export interface QuietDesk {
  get(): Promise<KeptQuiet>
  /** Counts at once, for calls that begin to ring from now on. Refusals: precondition if it is another than that of the
   * tag `replaces` by now: one may have set it on another device. */
  set(quiet: Quiet, replaces: string): Promise<void>
}

export const quiet: QuietDesk = {
  get: () => call('GET', '/api/quiet'),
  set: (body, replaces) => call('PUT', '/api/quiet', { body, replaces }),
}

/** Whether a call can ring there now; away, it rings after those who are free. */
export const reachable = (presence: Presence): boolean => presence === 'free' || presence === 'away'

/** Who can be rung first. */
export const ORDER: readonly Presence[] = ['free', 'away', 'ringing', 'busy', 'do_not_disturb', 'offline']
