/** Calls of headquarters that nobody answered: who called, when, and one press that calls back. */
import { Phone, PhoneMissed } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { MissedCall, PersonId, RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'

export function MissedCalls(props: {
  now: number
  busy: boolean
  /** With how many there are. */
  words: 'home.missed' | 'find.missed'
  onCall: (last: MissedCall) => void
}) {
  const model = useModel()
  const [missed, setMissed] = useState<readonly MissedCall[]>([])
  const online = model.link.value === 'online'
  const quiet = model.incoming.value.length === 0
  const vain = missedBy(model.rooms.value.values(), model.me.value?.person.id)
  useEffect(() => {
    if (!online || !quiet) return undefined
    let gone = false
    model.rings.missed().then(
      ({ calls }) => {
        if (!gone) setMissed(calls)
      },
      () => undefined, // it comes with the next connection, and nothing can be done about it here
    )
    return () => {
      gone = true
    }
  }, [model, online, quiet, vain])
  const [last] = missed
  if (!last) return null
  return (
    <div class="promised" data-testid="missed-call">
      <div class="promised-words">
        <p class="promised-kind">
          <PhoneMissed class="icon" size={18} aria-hidden="true" />
          {t(props.words, { count: missed.length })}
        </p>
        <p class="promised-what dots">
          <span>{nameOf(last.by.name)}</span>
          <span>{when(last.at, props.now)}</span>
        </p>
      </div>
      <Button
        kind="soft"
        icon={Phone}
        disabled={props.busy || !online}
        onClick={() => props.onCall(last)}
        testid="call-back"
      >
        {t('home.call_back')}
      </Button>
    </div>
  )
}

/** In how many rooms, of those known here: also where it did not ring, as for who is not to be disturbed. */
const missedBy = (rooms: Iterable<RoomState>, me: PersonId | undefined): number =>
  [...rooms].filter((room) => room.members.some((one) => one.person.id === me && one.state === 'missed'))
    .length
