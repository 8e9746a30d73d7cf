/** Headquarters calls: who, what about, and what camera, microphone and recording do once somebody answers. */
import { Camera, Mic, Phone, PhoneOff } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { when } from '../format'
import { mayRecord } from '../../model/policies'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Avatar } from '../parts/Person'
import { SoundBlocked } from './SoundBlocked'

export function Called(props: { room: RoomState }) {
  const model = useModel()
  const { room } = props
  const call = room.call!
  const [doing, setDoing] = useState<'accept' | 'decline' | null>(null)
  const now = model.tick.value
  const caller = room.members.find((one) => one.person.id === call.caller)!.person
  const name = nameOf(caller.name)
  const owed = model.callbacks.value.find((item) => item.reason === call.reason)
  const go = (what: 'accept' | 'decline', does: Promise<void>): void => {
    setDoing(what)
    void act(does).finally(() => setDoing(null))
  }
  return (
    <main class="called" data-testid="called" role="alertdialog" aria-labelledby="called-who">
      <SoundBlocked />
      <section class="called-who">
        <span class="called-face">
          <Avatar person={caller} size="xl" />
        </span>
        <p class="called-kind">{t('called.from')}</p>
        <h1 id="called-who">{name}</h1>
        <p class="second">{nameOf(caller.title) || t(`admin.roles.${caller.role}`)}</p>
        <p class="called-why" data-testid="called-why">
          {call.reason !== 'any' && <strong>{t(`reason.${call.reason}`)}</strong>}
          {owed && <span>{t('called.back', { time: when(owed.rung_at, now) })}</span>}
        </p>
      </section>
      <section class="called-answer">
        <ul class="called-terms" data-testid="called-terms">
          <li>
            <Camera class="icon" size={24} aria-hidden="true" />
            <span>{t('called.camera', { name })}</span>
          </li>
          <li>
            <Mic class="icon" size={24} aria-hidden="true" />
            <span>{t('called.microphone')}</span>
          </li>
          {mayRecord(model.me.value, caller.role) && (
            <li>
              <span class="dot" data-tone="rec" aria-hidden="true" />
              <span>{t('called.recorded')}</span>
            </li>
          )}
        </ul>
        <div class="called-acts">
          <Button
            size="main"
            icon={PhoneOff}
            testid="decline"
            busy={doing === 'decline' && t('console.declining')}
            onClick={() => !doing && go('decline', model.declineCall(room.id))}
          >
            {t('console.decline')}
          </Button>
          <Button
            kind="main"
            size="main"
            icon={Phone}
            testid="accept"
            busy={doing === 'accept' && t('console.accepting')}
            onClick={() => !doing && go('accept', model.acceptCall(room.id))}
          >
            {t('console.accept')}
          </Button>
        </div>
      </section>
    </main>
  )
}
