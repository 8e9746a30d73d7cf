/** The callbacks of those who answer for stores: managers see their region, administrators all. */
import { t } from '../../i18n'
import { Desk } from '../desk/Desk'
import { CallbackList } from './CallbackList'

export function CallbacksPage() {
  return (
    <Desk>
      <main class="console-main">
        <header class="page-head">
          <h1>{t('callback.title')}</h1>
          <p class="second">{t('callback.lead')}</p>
        </header>
        <CallbackList />
      </main>
    </Desk>
  )
}
