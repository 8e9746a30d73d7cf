/** The calls that wait: for how long, why, and whose turn it is; whoever is free may take one out of turn. */
import { Phone } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { QueuedCall, RoomId } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { clock } from '../format'
import { mayRecordMine } from '../../model/policies'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'

function Line(props: { call: QueuedCall; place: number; doing: boolean; take: (() => void) | null }) {
  const { call, place, doing, take } = props
  const model = useModel()
  const me = model.me.value?.person.id
  return (
    <li class="queued" data-testid={`queued-${call.room}`}>
      <span class="queued-place num" aria-hidden="true">
        {place}
      </span>
      <div class="callback-words">
        <p class="callback-store">
          <strong>{nameOf(call.store.name)}</strong> <span class="home-number">{call.store.number}</span>
        </p>
        <p class="second dots">
          {call.urgent && (
            <span>
              <Chip tone="bad">{t('urgent.chip')}</Chip>
            </span>
          )}
          <span>{t(`reason.${call.reason}`)}</span>
          {me !== undefined && call.experts.includes(me) && <span>{t('queue.yours')}</span>}
        </p>
      </div>
      <strong class="num queued-time">
        {t('console.rung_for', { time: clock((model.tick.value - call.since) / 1000) })}
      </strong>
      {take && (
        <Button
          kind="soft"
          icon={Phone}
          testid="take-call"
          busy={doing && t('console.accepting')}
          onClick={take}
        >
          {t('queue.take')}
        </Button>
      )}
    </li>
  )
}

export function QueueList() {
  const model = useModel()
  const { calls, more } = model.queue.value
  const [taking, setTaking] = useState<RoomId | null>(null)
  if (calls.length === 0) return null
  const free = model.elsewhere.value === null
  const take = (room: RoomId): void => {
    if (taking !== null) return
    setTaking(room)
    void act(model.takeCall(room)).finally(() => setTaking(null))
  }
  return (
    <section data-testid="queue">
      <div class="home-section-head">
        <h2>{t('queue.waiting')}</h2>
        <p class="caption">{t('queue.count', { count: calls.length + more })}</p>
      </div>
      <ol class="callbacks card row-list">
        {calls.map((call, index) => (
          <Line
            key={call.room}
            call={call}
            place={index + 1}
            doing={taking === call.room}
            take={free ? () => take(call.room) : null}
          />
        ))}
      </ol>
      {free && mayRecordMine(model.me.value) && <p class="caption queued-note">{t('queue.recorded')}</p>}
    </section>
  )
}
