/** Visitors who wait to be let in, one banner at a time: the first one first. */
import { DoorOpen } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Person, RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Banner } from '../parts/State'

/** "Wang (Rational)". */
export const visitorName = (person: Person): string =>
  person.title
    ? t('visit.of', { name: nameOf(person.name), company: nameOf(person.title) })
    : nameOf(person.name)

export function Knocks(props: { room: RoomState }) {
  const model = useModel()
  const [busy, setBusy] = useState<string | null>(null)
  const [first, ...more] = props.room.lobby
  if (!first) return null
  const { id } = first.person
  const decide = (event: MouseEvent, wish: () => Promise<void>): void => {
    if (busy === id || event.detail >= 2) return // the second click of two is about whoever stands there by then
    setBusy(id)
    void act(wish(), { not_found: 'visit.gone', too_many: 'visit.full' }).finally(() => setBusy(null))
  }
  return (
    <Banner
      icon={DoorOpen}
      tone="info"
      assertive
      testid="knock"
      title={t('visit.knocks', { name: visitorName(first.person) })}
      text={more.length > 0 ? t('visit.more', { count: more.length }) : t('visit.knocks_text')}
      act={
        <>
          <Button
            kind="main"
            testid="admit"
            onClick={(event) => decide(event, () => model.admit(props.room.id, id))}
          >
            {t('visit.admit')}
          </Button>
          <Button testid="refuse" onClick={(event) => decide(event, () => model.sendAway(props.room.id, id))}>
            {t('visit.refuse')}
          </Button>
        </>
      }
    />
  )
}
