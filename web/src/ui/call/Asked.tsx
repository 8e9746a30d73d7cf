/** Somebody is asked into this call and has not answered yet: everybody in it sees whom it waits for. */
import { UserPlus } from 'lucide-preact'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { memberOf } from '../../model/room'
import { askedInto } from '../../model/third'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Banner } from '../parts/State'

export function Asked(props: { room: RoomState }) {
  const model = useModel()
  const { room } = props
  const one = askedInto(room)
  const me = model.me.value?.person
  if (!one || !me) return null
  const name = nameOf(one.person.name)
  const by = memberOf(room, one.asked.by)
  const left = Math.max(0, Math.ceil((one.asked.until - model.tick.value) / 1000))
  return (
    <Banner
      icon={UserPlus}
      tone="info"
      testid="asked"
      title={
        by && by.person.id !== me.id
          ? t('third.they_ask', { by: nameOf(by.person.name), name })
          : t(one.asked.instead ? 'third.you_ask_instead' : 'third.you_ask', { name })
      }
      since={t('step.left', { s: left })}
      act={
        me.role !== 'store' && (
          <Button testid="call-off" onClick={() => void act(model.callOff(room.id, one.person.id))}>
            {t('third.off')}
          </Button>
        )
      }
    />
  )
}
