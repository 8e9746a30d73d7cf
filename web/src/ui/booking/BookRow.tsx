/** The way to a booking without a call, on the store's home and beside its directory. */
import { PhoneIncoming } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { mayBook } from '../../model/policies'
import { useModel } from '../model'
import { BookDialog } from './BookDialog'

export function BookRow() {
  const model = useModel()
  const [booking, setBooking] = useState(false)
  const online = model.link.value === 'online'
  if (!mayBook(model.me.value)) return null
  return (
    <>
      <button
        type="button"
        class="check-row card"
        data-testid="book"
        aria-disabled={online ? undefined : true}
        onClick={() => online && setBooking(true)}
      >
        <span class="reason-icon">
          <PhoneIncoming class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
        </span>
        <span class="check-words">
          <span class="check-title">{t('booking.go')}</span>
          <span class="second">{t('booking.lead')}</span>
        </span>
      </button>
      {booking && <BookDialog onClose={() => setBooking(false)} />}
    </>
  )
}
