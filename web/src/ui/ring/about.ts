/** How long a wait is said to be: whole minutes, upwards, and nothing that we do not know. */
import { t } from '../../i18n'

export function about(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return t('queue.unknown')
  const minutes = Math.ceil(seconds / 60)
  return minutes <= 1 ? t('queue.soon') : t('queue.about', { m: minutes })
}
