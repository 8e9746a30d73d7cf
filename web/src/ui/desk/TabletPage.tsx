/** A page of a store's tablet besides the large button, with the way back to it. */
import { ArrowLeft } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { t } from '../../i18n'
import { useModel } from '../model'
import { Desk } from './Desk'

export function TabletPage(props: { children: ComponentChildren }) {
  return (
    <div class="tablet-page">
      <nav aria-label={t('nav.label')}>
        <a class="btn back" data-kind="plain" href="/" data-testid="back">
          <ArrowLeft class="icon" size={22} aria-hidden="true" />
          <span>{t('ended.home')}</span>
        </a>
      </nav>
      {props.children}
    </div>
  )
}

/** A page that tablets and headquarters have. */
export function SharedPage(props: { children: ComponentChildren }) {
  const Frame = useModel().me.value?.person.role === 'store' ? TabletPage : Desk
  return <Frame>{props.children}</Frame>
}
