/** The call that rings now: the only raised thing on the console, with enough to answer well. */
import { Phone, PhoneIncoming } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { whoseCall, memberOf } from '../../model/room'
import { act } from '../act'
import { clock } from '../format'
import { MachineCalls, MachineFacts, MachineLine } from '../equipment/Machine'
import { mayRecordMine } from '../../model/policies'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { useKeys } from '../parts/hooks'

/** "In five minutes": long enough to end what one is at, short enough for somebody beside a broken fryer. */
const LATER_S = 300

export function Incoming(props: { room: RoomState; first: boolean }) {
  const model = useModel()
  const { room } = props
  const [doing, setDoing] = useState<'accept' | 'decline' | 'later' | null>(null)
  const call = room.call!
  const me = model.me.value?.person.id
  const asked = me === undefined ? null : memberOf(room, me)?.asked
  const asker = asked && memberOf(room, asked.by)
  const caller = memberOf(room, call.caller)?.person
  const named = me !== undefined && call.steps?.[0]?.person?.id === me
  const others = room.members.filter((member) => member.state === 'ringing' && member.person.id !== me)

  const accept = (): void => {
    if (doing) return
    setDoing('accept')
    void act(model.acceptCall(room.id)).finally(() => setDoing(null))
  }
  const decline = (how: 'decline' | 'later', backInS?: number): void => {
    if (doing) return
    setDoing(how)
    void act(model.declineCall(room.id, backInS)).finally(() => setDoing(null))
  }
  useKeys({ Enter: props.first ? accept : undefined })

  return (
    <article
      class="incoming"
      data-testid="incoming"
      aria-label={t('console.incoming', { store: nameOf(whoseCall(room)) })}
    >
      <span class="incoming-disc" aria-hidden="true">
        <PhoneIncoming class="icon" size={36} strokeWidth={1.9} />
      </span>
      <div class="incoming-words">
        <p class="incoming-to dots">
          <span data-testid="incoming-to">
            {asker
              ? t(asked.instead ? 'console.asked_instead' : 'console.asked_in', {
                  name: nameOf(asker.person.name),
                })
              : named
                ? t('console.by_name')
                : others.length > 0
                  ? t('console.to_you_and', {
                      names: others.map((m) => nameOf(m.person.name)).join(t('list.comma')),
                    })
                  : t('console.to_you')}
          </span>
          {!asker && (
            <span class="num" data-testid="waiting-time">
              {t('console.rung_for', { time: clock((model.tick.value - call.timings.tap) / 1000) })}
            </span>
          )}
        </p>
        <p class="incoming-store">
          {nameOf(whoseCall(room))} <span class="home-number">{call.store?.number}</span>
        </p>
        <p class="incoming-reason">
          {call.equipment ? (
            <MachineLine machine={call.equipment} />
          ) : call.store ? (
            t(`reason.${call.reason}`)
          ) : (
            [nameOf(caller?.title), nameOf(caller?.department)].filter(Boolean).join(' · ')
          )}
        </p>
        {mayRecordMine(model.me.value) && (
          <p>
            <Chip tone="bad">{t('console.recorded')}</Chip>
          </p>
        )}
      </div>
      <div class="incoming-acts">
        <Button
          kind="main"
          size="main"
          wide
          icon={Phone}
          kbd={props.first ? 'Enter' : undefined}
          testid="accept"
          busy={doing === 'accept' && t('console.accepting')}
          onClick={accept}
        >
          {t('console.accept')}
        </Button>
        <div class="incoming-declines">
          {!asked && call.store && (
            <Button
              wide
              size="row"
              testid="decline-later"
              busy={doing === 'later' && t('console.declining')}
              onClick={() => decline('later', LATER_S)}
            >
              {t('console.later', { m: LATER_S / 60 })}
            </Button>
          )}
          <Button
            wide
            size="row"
            testid="decline"
            busy={doing === 'decline' && t('console.declining')}
            onClick={() => decline('decline')}
          >
            {t('console.decline')}
          </Button>
        </div>
      </div>
      {call.equipment && (
        <div class="incoming-machine">
          <MachineFacts machine={call.equipment} />
          <MachineCalls machine={call.equipment} apart />
        </div>
      )}
    </article>
  )
}
