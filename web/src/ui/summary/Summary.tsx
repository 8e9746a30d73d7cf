/** After a room: what became of it, how quickly each stage went, whether the recording is safe yet, and the way on. */
import {
  CalendarClock,
  ChartLine,
  CircleCheck,
  CircleX,
  Clock,
  House,
  LoaderCircle,
  Phone,
  PhoneIncoming,
  PhoneMissed,
  PhoneOff,
  Play,
  ShieldCheck,
  Stethoscope,
  TriangleAlert,
} from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t, whoOf } from '../../i18n'
import { mayBook } from '../../model/policies'
import { amongColleagues, byStore, isSeated } from '../../model/room'
import { act } from '../act'
import { oversees } from '../archive/words'
import { BookDialog } from '../booking/BookDialog'
import { calledBack } from '../booking/words'
import { StillStrip } from '../call/Stills'
import { span } from '../format'
import { calledIn } from '../directory/find'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { StageLine } from './StageLine'
import { stages } from './stages'

const NOT_ANSWERED = ['missed', 'declined', 'nobody_free', 'cancelled', 'callback', 'left_queue']

export function Summary(props: { room: RoomState }) {
  const model = useModel()
  const { route } = useLocation()
  const { room } = props
  const [booking, setBooking] = useState(false)
  const atStore = model.me.value?.person.role === 'store'
  const end = room.end ?? 'hung_up'
  const unanswered = room.kind === 'call' && NOT_ANSWERED.includes(end)
  const promised = model.callbacks.value.find(
    (item) => item.store.id === room.call?.store?.id && item.reason === room.call.reason,
  )
  const words = byStore(room) ? 'ended' : amongColleagues(room) ? 'ended_colleague' : 'ended_calling'
  const home = (): void => {
    model.dismissSummary()
    route('/')
  }

  if (unanswered) {
    const asked = end === 'callback'
    const Missed = asked ? PhoneIncoming : PhoneMissed
    return (
      <main class="summary" data-testid="summary" data-end={end}>
        <section class="summary-card card">
          <Missed class="icon summary-sign" size={48} strokeWidth={1.9} aria-hidden="true" />
          <h1>{t(`${words}.${end}`)}</h1>
          <p class="second">{t(`${words}.${end}_text`)}</p>
          {atStore && promised && (
            <p class="summary-promise" data-testid="promised">
              {calledBack(promised, model.tick.value)}
            </p>
          )}
          <div class="summary-acts">
            <Button kind={asked ? 'main' : 'plain'} icon={House} onClick={home} testid="home">
              {t('ended.home')}
            </Button>
            {atStore && promised && mayBook(model.me.value) && (
              <Button icon={CalendarClock} onClick={() => setBooking(true)} testid="book">
                {t(promised.at === null ? 'booking.choose' : 'booking.change')}
              </Button>
            )}
            {room.call && (atStore || !byStore(room)) && (
              <Button
                kind={asked ? 'plain' : 'main'}
                icon={Phone}
                testid="call-again"
                onClick={() => {
                  const { reason, store } = room.call!
                  const to = calledIn(room.call!)
                  model.dismissSummary()
                  void act(
                    !atStore && store
                      ? model.callStore(store.id, reason)
                      : to
                        ? model.startCall(reason, undefined, to)
                        : model.startCall(reason),
                  )
                }}
              >
                {t('ended.again')}
              </Button>
            )}
          </div>
        </section>
        {booking && promised && <BookDialog item={promised} onClose={() => setBooking(false)} />}
      </main>
    )
  }

  const recording = room.recording
  const safe = recording?.state === 'safe' || recording?.state === 'recovered'
  const me = model.me.value?.person.id
  const people = room.members.filter((member) => member.joined_at && member.person.id !== me)
  const started = room.call?.timings.answer ?? room.opened_at
  const lasted = Math.max(0, ((room.closed_at ?? model.tick.value) - started) / 1000)
  const Sign = end === 'failed' ? TriangleAlert : room.kind === 'call' ? PhoneOff : CircleCheck

  return (
    <main class="summary" data-testid="summary" data-end={end}>
      <section class="summary-card card">
        <header class="summary-head">
          <Sign class="icon summary-sign" size={36} strokeWidth={1.9} aria-hidden="true" />
          <div>
            <h1>
              {end === 'hold_over'
                ? t('ended.hold_over')
                : t(`ended.${room.kind}_${end === 'failed' || end === 'empty' ? 'failed' : 'done'}`)}
            </h1>
            {end === 'hold_over' && (
              <p>
                {t(atStore ? 'ended.hold_over_text' : 'ended.hold_over_owed', {
                  name: nameOf(room.call?.store?.name),
                })}
              </p>
            )}
            <p class="second dots">
              <span>
                {room.kind === 'session'
                  ? nameOf(room.title) || t('session.untitled')
                  : people.map((m) => whoOf(m.person)).join(t('list.comma'))}
              </span>
              <span>{span(lasted)}</span>
              {room.kind === 'session' && (
                <span>
                  {t('ended.people', {
                    count: room.members.filter((m) => m.joined_at || isSeated(m)).length,
                  })}
                </span>
              )}
            </p>
          </div>
        </header>

        <div class="saved" data-state={recording?.state ?? 'off'} data-testid="recording-state" role="status">
          {safe ? (
            <ShieldCheck class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
          ) : recording?.state === 'failed' ? (
            <CircleX class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
          ) : (
            <LoaderCircle class="icon saved-turn" size={28} strokeWidth={1.9} aria-hidden="true" />
          )}
          <div>
            <strong>{t(`saved.${recording?.state ?? 'off'}`)}</strong>
            <p class="second">
              {safe && recording.saved_in_s !== null && recording.saved_in_s !== undefined
                ? t('saved.took', { s: recording.saved_in_s.toFixed(1) })
                : t(`saved.${recording?.state ?? 'off'}_text`)}
            </p>
          </div>
          <ol class="saved-steps" aria-hidden="true">
            {(['recording', 'saving', 'safe'] as const).map((step, index) => (
              <li
                key={step}
                data-done={
                  safe || index < ['recording', 'saving', 'safe'].indexOf(recording?.state ?? 'recording')
                    ? ''
                    : undefined
                }
                data-now={recording?.state === step ? '' : undefined}
              >
                {t(`recording.${step}`)}
              </li>
            ))}
          </ol>
        </div>

        {room.call && stages(room.call.timings).length > 0 && (
          <section>
            <h2 class="summary-sub">
              <Clock class="icon" size={18} aria-hidden="true" />
              {t('timing.title')}
            </h2>
            <StageLine timings={room.call.timings} />
          </section>
        )}

        {room.stills.length > 0 && (
          <section>
            <h2 class="summary-sub">{t('still.count', { count: room.stills.length })}</h2>
            <StillStrip room={room} />
          </section>
        )}

        <div class="summary-acts">
          {end === 'failed' && (
            <Button
              kind="quiet"
              icon={Stethoscope}
              testid="to-doctor"
              onClick={() => {
                model.dismissSummary()
                route('/doctor')
              }}
            >
              {t('doctor.open')}
            </Button>
          )}
          {oversees(model.me.value) && (
            <Button
              kind="quiet"
              icon={ChartLine}
              testid="open-quality"
              onClick={() => {
                model.dismissSummary()
                route(`/archive/${room.id}/quality`)
              }}
            >
              {t('figures.open')}
            </Button>
          )}
          <Button icon={House} kind={safe ? 'plain' : 'main'} onClick={home} testid="home">
            {t('ended.home')}
          </Button>
          {safe && (
            <Button
              kind="main"
              icon={Play}
              testid="open-replay"
              onClick={() => {
                model.dismissSummary()
                route(`/archive/${room.id}`)
              }}
            >
              {t('act.replay')}
            </Button>
          )}
        </div>
      </section>
    </main>
  )
}
