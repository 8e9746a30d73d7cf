/** Who calls a store back, and by when, in a line. */
import type { Callback } from '../../contract'
import { nameOf, t } from '../../i18n'
import { timeOfDay, ahead } from '../format'

/** 陈立群 15:00 回电, Chen Liqun calls back at 15:00. */
export function calledBack(item: Callback, now: number): string {
  if (now >= item.due_at) return `${t('callback.promised')} · ${t('callback.soon')}`
  const name = nameOf(item.owner?.name)
  if (item.at !== null) {
    const time = ahead(item.at, now)
    return item.owner ? t('booking.at_by', { name, time }) : t('booking.at', { time })
  }
  const time = timeOfDay(item.due_at)
  return item.owner ? t('callback.promise_by', { name, time }) : t('callback.promise', { time })
}
