/** Another store's urgent call while one talks: leave this call for it, or not now. */
import { Siren } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { QueuedCall, RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Banner } from '../parts/State'

export function UrgentBanner(props: { room: RoomState }) {
  const model = useModel()
  const urgent = model.urgent.value
  const [going, setGoing] = useState(false)
  if (urgent === null) return null
  const go = async (to: QueuedCall): Promise<void> => {
    await model.leaveRoom(props.room.id)
    await model.takeCall(to.room)
  }
  return (
    <Banner
      icon={Siren}
      tone="bad"
      testid="urgent-banner"
      title={t('urgent.from', { store: nameOf(urgent.store.name) })}
      text={t(`reason.${urgent.reason}`)}
      act={
        <>
          <Button
            kind="main"
            testid="urgent-answer"
            busy={going && t('console.accepting')}
            onClick={() => {
              if (going) return
              setGoing(true)
              void act(go(urgent), { conflict: 'urgent.taken' }).finally(() => setGoing(false))
            }}
          >
            {t('urgent.answer')}
          </Button>
          <Button testid="urgent-later" onClick={() => model.dismissUrgent(urgent.room)}>
            {t('urgent.later')}
          </Button>
        </>
      }
    />
  )
}
