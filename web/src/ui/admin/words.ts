/** Words that several pages of administration need. */
import type { PersonRecord, Region } from '../../contract'
import { known, nameOf, t } from '../../i18n'
import { errorWords } from '../parts/Toasts'

/** Why a wish about `area` was refused, in words that fit it. */
export function refused(area: 'person' | 'store' | 'region' | 'device' | 'equipment', code: string): string {
  const key = `admin.refused.${area}_${code}`
  return known(key) ? t(key) : errorWords(code)
}

export function regionName(regions: readonly Region[], id: string | null): string {
  return nameOf(regions.find((one) => one.id === id)?.name)
}

/** How somebody's sign-in stands. */
export type State = 'disabled' | 'invited' | 'expired' | 'active'

export function stateOf(record: PersonRecord, now: number): State {
  if (record.disabled) return 'disabled'
  if (record.has_password) return 'active'
  return record.invited_until !== null && record.invited_until > now ? 'invited' : 'expired'
}

export const TONES = { disabled: 'bad', invited: 'info', expired: 'warn', active: 'good' } as const
