/** This device is asked to go on with a call that runs at another one of one's own: one press, and nothing without it. */
import { Video } from 'lucide-preact'
import type { PersonId, RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { othersSeated } from '../../model/room'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

/** What a room is called for somebody in it: its title, or who is on the other side. */
export function withWhom(room: RoomState, me: PersonId | undefined): string {
  const others = othersSeated(room, me ?? '')
  const other = others.find((one) => one.host || one.person.store) ?? others[0]
  return nameOf(room.title) || nameOf(other?.person.store?.name ?? other?.person.name)
}

export function GoOnHere(props: { room: RoomState }) {
  const model = useModel()
  const { room } = props
  return (
    <Dialog
      title={t('place.offered', { name: withWhom(room, model.me.value?.person.id) })}
      testid="go-on-here-dialog"
      onClose={() => model.notHere()}
      acts={
        <>
          <Button testid="not-here" onClick={() => model.notHere()}>
            {t('place.not_here')}
          </Button>
          <Button
            kind="main"
            icon={Video}
            testid="go-on-here"
            onClick={() => void act(model.takeHere(room.id))}
          >
            {t('place.here')}
          </Button>
        </>
      }
    >
      <p>{t('place.offered_text')}</p>
    </Dialog>
  )
}
