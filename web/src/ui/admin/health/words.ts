/** What a tablet's finding means to headquarters, and what to do: only sentences of our own catalogue. */
import type { CheckFound, TabletHealth } from '../../../contract'
import { known, t } from '../../../i18n'
import type { Tone } from '../../parts/Chip'

const TOLD = /^(error\.device_|doctor\.|check\.)/

/** Headquarters' own sentence where there is one, else that of the tablet; never words that a tablet made up. */
export function sentenceOf(check: CheckFound): string {
  const code = check.words.split('.')[1] ?? ''
  const own = `health.found.${code}`
  const values = { where: check.where, n: Math.round(Math.abs(check.figure ?? 0)) }
  if (known(own)) return t(own, values)
  return TOLD.test(check.words) && known(check.words) ? t(check.words, values) : t('health.found_unclear')
}

export const TONES: Record<TabletHealth['fate'], Tone> = {
  fails: 'bad',
  silent: 'bad',
  untested: 'warn',
  weak: 'warn',
  new: 'info',
  passes: 'good',
}
