/** In place of the picture while a call is on hold: for who lets the other wait, and for who waits. */
import { Music, Pause, Play } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import type { Hold, Member, RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { memberOf } from '../../model/room'
import { REMIND_MS } from '../../model/onhold'
import { act } from '../act'
import { clock, timeOfDay } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'

/** At headquarters: who waits, for how long, and how to go on. `beside` are others of headquarters, who are heard. */
export function OnHold(props: {
  room: RoomState
  hold: Hold
  me: Member
  name: string
  beside: string
  children?: ComponentChildren
}) {
  const model = useModel()
  const { room, hold, me, name } = props
  const forMs = Math.max(0, model.tick.value - hold.since)
  const by = memberOf(room, hold.by)
  return (
    <div class="stage on-hold" data-late={forMs >= REMIND_MS ? '' : undefined} data-testid="on-hold">
      <div class="on-hold-words">
        <Pause class="icon" size={40} strokeWidth={1.9} aria-hidden="true" />
        <p class="on-hold-title" role="status">
          {hold.by === me.person.id || !by
            ? t('hold.title')
            : t('hold.title_by', { name: nameOf(by.person.name) })}{' '}
          <span class="num" aria-hidden="true" data-testid="hold-timer">
            {clock(forMs / 1000)}
          </span>
        </p>
        <p>{t('hold.text', { name })}</p>
        {props.beside && <p>{t('hold.beside', { names: props.beside })}</p>}
        {forMs >= REMIND_MS && (
          <p class="on-hold-late">
            {t('hold.late', { name })} {hold.over_at && t('hold.over_at', { time: timeOfDay(hold.over_at) })}
          </p>
        )}
        <Button
          kind="main"
          icon={Play}
          kbd="H"
          testid="resume"
          onClick={() => void act(model.holdCall(room.id, false))}
        >
          {t('hold.resume')}
        </Button>
      </div>
      {props.children}
    </div>
  )
}

/** At the store, or a visitor's, who is not called back: who will be back, and since when one waits. */
export function Waits(props: { room: RoomState; hold: Hold; visitor?: boolean }) {
  const model = useModel()
  const { room, hold } = props
  const by = memberOf(room, hold.by)
  return (
    <div class="stage on-hold" data-testid="waits">
      <div class="on-hold-words">
        <Music class="icon" size={40} strokeWidth={1.9} aria-hidden="true" />
        <p class="on-hold-title" role="status">
          {t('hold.wait', { name: nameOf(by?.person.name) })}
        </p>
        <p>
          {t('hold.since', { time: timeOfDay(hold.since) })}{' '}
          <span class="num" aria-hidden="true">
            {clock(Math.max(0, model.tick.value - hold.since) / 1000)}
          </span>
        </p>
        <p>{t(props.visitor ? 'hold.wait_text_visitor' : 'hold.wait_text')}</p>
        {hold.over_at && !props.visitor && <p>{t('hold.wait_over', { time: timeOfDay(hold.over_at) })}</p>}
      </div>
    </div>
  )
}
