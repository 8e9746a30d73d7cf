/** "How long yet?": the place in the queue and about how long it takes, or be called back instead. */
import { CalendarClock, LogOut, PhoneIncoming } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { t } from '../../i18n'
import { mayBook } from '../../model/policies'
import { act } from '../act'
import { BookDialog } from '../booking/BookDialog'
import { clock, timeOfDay } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { useTheme } from '../parts/hooks'
import { about } from './about'
import { OwnSide } from './OwnSide'
import { Urgent } from './Urgent'

export function Waiting(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const call = room.call!
  const place = model.queue.value.calls.find((one) => one.room === room.id)
  const [booking, setBooking] = useState(false)
  const [doing, setDoing] = useState<'callback' | 'leave' | null>(null)
  const go = (what: 'callback' | 'leave', does: () => Promise<void>): void => {
    if (doing) return
    setDoing(what)
    void act(does()).finally(() => setDoing(null))
  }

  return (
    <main class="ringing" data-testid="waiting">
      <section class="ringing-who">
        <header>
          <p class="second">{t(`reason.${call.reason}`)}</p>
          <h1>
            {t('queue.title')}{' '}
            <time class="ringing-time" data-testid="waiting-time">
              {clock((model.tick.value - call.timings.tap) / 1000)}
            </time>
          </h1>
        </header>
        <div class="queue-place" role="status" aria-live="polite" data-testid="queue-place">
          <p>
            <span class="second">{t('queue.place')}</span>
            <strong class="num" data-testid="queue-position">
              {place ? t('queue.position', { n: place.position }) : '…'}
            </strong>
          </p>
          <p>
            <span class="second">{t('queue.wait')}</span>
            <strong class="num" data-testid="queue-about">
              {place ? about(place.about_s) : '…'}
            </strong>
          </p>
        </div>
        <Urgent room={room} />
        <div class="ringing-next">
          <p>{t('queue.stay')}</p>
          <p class="second">{t('queue.until', { time: timeOfDay(call.wait_until ?? call.ring_until) })}</p>
        </div>
        <div class="queue-acts">
          <Button
            kind="main"
            size="main"
            wide
            icon={PhoneIncoming}
            testid="ask-callback"
            busy={doing === 'callback' && t('queue.call_back')}
            onClick={() => go('callback', () => model.askCallback(room.id))}
          >
            {t('queue.call_back')}
          </Button>
          {mayBook(model.me.value) && (
            <Button wide size="row" icon={CalendarClock} testid="book" onClick={() => setBooking(true)}>
              {t('booking.choose')}
            </Button>
          )}
          <Button
            wide
            size="row"
            icon={LogOut}
            testid="leave-queue"
            busy={doing === 'leave' && t('queue.leaving')}
            onClick={() => go('leave', () => model.cancelCall(room.id))}
          >
            {t('queue.leave')}
          </Button>
        </div>
      </section>
      <OwnSide />
      {booking && (
        <BookDialog
          reason={call.reason}
          item={model.callbacks.value.find((item) => item.reason === call.reason)}
          onBooked={() => go('callback', () => model.askCallback(room.id))}
          onClose={() => setBooking(false)}
        />
      )}
    </main>
  )
}
