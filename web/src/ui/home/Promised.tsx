/** The calls back that this store waits for: who calls and when; the store says otherwise, or that it needs none. */
import { PhoneIncoming } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Callback } from '../../contract'
import { t } from '../../i18n'
import { mayBook } from '../../model/policies'
import { BookDialog } from '../booking/BookDialog'
import { calledBack } from '../booking/words'
import { useModel } from '../model'
import { Button } from '../parts/Button'

export function Promised(props: { now: number }) {
  const model = useModel()
  const [changed, setChanged] = useState<Callback | null>(null)
  const allowed = mayBook(model.me.value)
  return (
    <>
      {model.callbacks.value.map((item) => (
        <div class="promised" key={item.room} data-testid={`promised-${item.room}`}>
          <div class="promised-words">
            <p class="promised-kind">
              <PhoneIncoming class="icon" size={18} aria-hidden="true" />
              {calledBack(item, props.now)}
            </p>
            <p class="promised-what dots">
              <span>{t(`reason.${item.reason}`)}</span>
              {item.note && <span>{t('booking.note_said', { note: item.note })}</span>}
            </p>
          </div>
          {allowed && (
            <Button
              kind="plain"
              size="row"
              testid="booking-change"
              disabled={model.link.value !== 'online'}
              onClick={() => setChanged(item)}
            >
              {t(item.at === null ? 'booking.choose' : 'booking.change')}
            </Button>
          )}
        </div>
      ))}
      {changed && <BookDialog item={changed} onClose={() => setChanged(null)} />}
    </>
  )
}
