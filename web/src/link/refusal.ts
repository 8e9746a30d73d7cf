/** The one error that screens see: a wish that was not carried out, by code. */
import type { ErrorCode } from '../contract'

/** Why a device gives nothing: asked and denied, used by another program, not there, or the page is not secure. */
export type DeviceProblem =
  'device_denied' | 'device_in_use' | 'device_none' | 'device_insecure' | 'device_failed'

/** All codes a screen needs words for: the contract's, the client's own (`offline`, `ended`), and the devices'. */
export type RefusalCode = ErrorCode | 'offline' | 'ended' | DeviceProblem

/** A wish that was not carried out; `code` is looked up in the catalogues, `detail` is for developers. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    readonly detail = '',
    readonly retryAfterS: number | null = null,
  ) {
    super(detail ? `${code}: ${detail}` : code)
    this.name = 'Refusal'
  }
}

/** Any error as a Refusal; what is not one is a bug of ours and says `internal`. */
export function asRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal('internal', String(error))
}
