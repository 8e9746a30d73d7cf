/** What both sides of a call read from the model: the other one, the own seat, the words and acts they share. */
import { useEffect, useState } from 'preact/hooks'
import type { Member, RoomState } from '../../contract'
import { t } from '../../i18n'
import { isGuest, memberOf, othersSeated } from '../../model/room'
import { act } from '../act'
import { useModel } from '../model'
import { toast } from '../parts/Toasts'

export interface CallView {
  me: Member | null
  /** Who is on the other side: of headquarters the store, of the store who leads. Null before anybody answered. */
  other: Member | null
  /** Who takes part beside the two: a third person, and devices (WHIP, WHEP). */
  beside: Member[]
  now: number
  leaving: boolean
  hangUp: () => void
}

export function useCall(room: RoomState): CallView {
  const model = useModel()
  const [leaving, setLeaving] = useState(false)
  const mine = model.me.value?.person.id ?? ''
  const others = othersSeated(room, mine)
  const people = others.filter((one) => !isGuest(one))
  const other = people.find((one) => one.person.role === 'store') ?? people[0] ?? null
  return {
    me: memberOf(room, mine),
    other,
    beside: others.filter((one) => one !== other),
    now: model.tick.value,
    leaving,
    hangUp: () => {
      if (leaving) return
      setLeaving(true)
      void act(model.leaveRoom(room.id)).finally(() => setLeaving(false))
    },
  }
}

const ASKED_MS = 20_000

/** Asking for a still: true until the photo is there, or until nobody could take one. */
export function useAskStill(room: RoomState, of: string | undefined): [boolean, () => void] {
  const model = useModel()
  const [had, setHad] = useState<number | null>(null)
  const count = room.stills.length
  const pending = had !== null && count <= had
  useEffect(() => {
    if (had === null) return
    if (count > had) {
      setHad(null)
      return
    }
    const timer = setTimeout(() => {
      setHad(null)
      toast(() => t('still.none_came'), 'error')
    }, ASKED_MS)
    return () => clearTimeout(timer)
  }, [had, count])
  const ask = (): void => {
    if (pending || !of) return
    setHad(count)
    void act(model.askStill(room.id, of)).then((done) => {
      if (!done) setHad(null)
    })
  }
  return [pending, ask]
}
