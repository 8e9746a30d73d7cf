/** Reminds whoever is to call a store back shortly before the time that it booked, on whichever page they are. */
import { useEffect } from 'preact/hooks'
import type { RoomId } from '../../contract'
import { nameOf, t } from '../../i18n'
import { timeOfDay } from '../format'
import { useModel } from '../model'
import { toast } from '../parts/Toasts'

/** Which time of which store: once is enough, also on the next page. */
const said = new Map<RoomId, number>()

export function Reminder() {
  const model = useModel()
  const me = model.me.value?.person.id
  const mine = model.callbacks.value.filter((item) => item.urgency === 'soon' && item.owner?.id === me)
  useEffect(() => {
    for (const { room, at, store } of mine) {
      if (at === null || said.get(room) === at) continue
      said.set(room, at)
      toast(() => t('booking.remind', { time: timeOfDay(at), store: nameOf(store.name) }))
    }
  }, [mine.map((item) => `${item.room} ${item.at}`).join()])
  return null
}
