/** The stores that called in vain or booked a call: since when, by when, whose business; take one, call back, give it back, say that it is done. */
import { CircleCheck, Hand, PhoneIncoming, PhoneOutgoing, Undo2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Callback } from '../../contract'
import { nameOf, t } from '../../i18n'
import { holds } from '../../model/roles'
import { act } from '../act'
import { span, timeOfDay, ahead, when } from '../format'
import { rings } from '../directory/stores'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Avatar } from '../parts/Person'
import { Empty, Loading } from '../parts/State'

function Line(props: { item: Callback; now: number }) {
  const model = useModel()
  const { item, now } = props
  const [doing, setDoing] = useState<string | null>(null)
  const me = model.me.value?.person
  const mine = item.owner?.id === me?.id
  const oversees = holds(model.me.value, ['manager', 'operations', 'admin'])
  const late = now >= item.due_at
  const begun = item.at !== null && now >= item.at && !late
  const left = Math.abs((late || item.at === null ? item.due_at : item.at) - now) / 1000
  const go = (name: string, does: () => Promise<void>): void => {
    if (doing) return
    setDoing(name)
    void act(does()).finally(() => setDoing(null))
  }
  const callBack = async (): Promise<void> => {
    if (!mine) await model.takeCallback(item.room)
    await model.callStore(item.store.id, item.reason)
  }
  return (
    <li
      class="callback"
      data-testid={`callback-${item.room}`}
      data-state={item.state}
      data-urgency={item.urgency}
    >
      <div class="callback-words">
        <p class="callback-store">
          <strong>{nameOf(item.store.name)}</strong> <span class="home-number">{item.store.number}</span>
        </p>
        <p class="second dots">
          <span>{t(`reason.${item.reason}`)}</span>
          <span>
            {t(item.calls > 0 ? 'callback.rang' : 'booking.booked', { time: when(item.rung_at, now) })}
          </span>
          {item.calls > 1 && <span>{t('callback.calls', { count: item.calls })}</span>}
        </p>
        {item.note && <p class="callback-note">{t('booking.note_said', { note: item.note })}</p>}
        <p class="callback-owner">
          {item.owner ? (
            <>
              <Avatar person={item.owner} />
              <span>{mine ? t('callback.yours') : nameOf(item.owner.name)}</span>
            </>
          ) : (
            <Chip>{t('callback.nobody')}</Chip>
          )}
        </p>
      </div>
      <div class="callback-time">
        <strong class="num" data-late={late ? '' : undefined}>
          {item.at === null
            ? t('callback.by', { time: timeOfDay(item.due_at) })
            : t('booking.at', { time: ahead(item.at, now) })}
        </strong>
        <span class="caption num" data-late={late ? '' : undefined}>
          {begun ? t('booking.now') : t(late ? 'callback.late' : 'callback.left', { time: span(left) })}
        </span>
      </div>
      <div class="callback-acts">
        {(item.state === 'open' || mine) && (
          <Button
            kind="soft"
            icon={PhoneOutgoing}
            testid="callback-call"
            disabled={!rings(model.stores.value, item.store.id)}
            busy={doing === 'call' && t('callback.call')}
            onClick={() => go('call', callBack)}
          >
            {t('callback.call')}
          </Button>
        )}
        {item.state === 'open' ? (
          <Button
            kind="quiet"
            icon={Hand}
            testid="callback-take"
            busy={doing === 'take' && t('callback.take')}
            onClick={() => go('take', () => model.takeCallback(item.room))}
          >
            {t('callback.take')}
          </Button>
        ) : mine || oversees ? (
          <>
            <Button
              kind="quiet"
              icon={CircleCheck}
              testid="callback-done"
              busy={doing === 'done' && t('callback.done')}
              onClick={() => go('done', () => model.finishCallback(item.room))}
            >
              {t('callback.done')}
            </Button>
            <Button
              kind="quiet"
              icon={Undo2}
              testid="callback-reopen"
              busy={doing === 'reopen' && t('callback.reopen')}
              onClick={() => go('reopen', () => model.reopenCallback(item.room))}
            >
              {t('callback.reopen')}
            </Button>
          </>
        ) : null}
      </div>
    </li>
  )
}

/** `among` other lists it has a heading of its own, and says nothing when it is empty. */
export function CallbackList(props: { among?: boolean }) {
  const model = useModel()
  const items = model.callbacks.value
  const now = model.tick.value
  const late = items.filter((item) => now >= item.due_at).length
  if (items.length === 0 && model.link.value !== 'online') return props.among ? null : <Loading />
  if (items.length === 0)
    return props.among ? null : (
      <div class="card">
        <Empty icon={PhoneIncoming} title={t('callback.none')} text={t('callback.none_text')} />
      </div>
    )
  return (
    <section data-testid="callbacks">
      <div class="home-section-head">
        {props.among && <h2>{t('callback.title')}</h2>}
        <p class="caption">{t('callback.count', { count: items.length })}</p>
        {late > 0 && <p class="caption callback-late">{t('callback.count_late', { count: late })}</p>}
      </div>
      <ul class="card row-list callbacks">
        {items.map((item) => (
          <Line key={item.room} item={item} now={now} />
        ))}
      </ul>
    </section>
  )
}
