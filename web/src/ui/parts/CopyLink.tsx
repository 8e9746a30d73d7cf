/** Downloads all that is kept about one person. */
import { Download } from 'lucide-preact'
import { t } from '../../i18n'

export function CopyLink(props: { href: string; testid: string }) {
  return (
    <a class="btn" data-kind="plain" href={props.href} download data-testid={props.testid}>
      <Download class="icon" size={18} aria-hidden="true" />
      <span>{t('account.copy')}</span>
    </a>
  )
}
