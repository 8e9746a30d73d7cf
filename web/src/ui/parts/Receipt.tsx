/** How far a message came: waiting, sent, delivered, read. Sent is not read. */
import { Check, CheckCheck, CircleAlert, Clock } from 'lucide-preact'
import { t } from '../../i18n'

export type Tick = 'waiting' | 'sent' | 'delivered' | 'read' | 'failed'

const SIGN = { waiting: Clock, sent: Check, delivered: CheckCheck, read: CheckCheck, failed: CircleAlert }

export function Receipt(props: { state: Tick }) {
  const Sign = SIGN[props.state]
  return (
    <span class="receipt" data-state={props.state} data-testid="chat-tick">
      <Sign class="icon" size={14} aria-hidden="true" />
      {t(`tick.${props.state}`)}
    </span>
  )
}
