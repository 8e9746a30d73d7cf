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
  /** Whose picture is large; null as `me`. */
  shown: Member | null
  /** Makes somebody's picture large: `own`, `other`, or by their id. */
  show: (whom: string) => void
  now: number
  leaving: boolean
  hangUp: () => void
}

/** `first`: whose picture is large to begin with. */
export function useCall(room: RoomState, first: 'own' | 'other'): CallView {
  const model = useModel()
  const [large, show] = useState<string>(first)
  const [leaving, setLeaving] = useState(false)
  const mine = model.me.value?.person.id ?? ''
  const others = othersSeated(room, mine)
  const people = others.filter((one) => !isGuest(one))
  const other = people.find((one) => one.person.role === 'store') ?? people[0] ?? null
  const me = memberOf(room, mine)
  const beside = others.filter((one) => one !== other)
  const third = beside.find((one) => one.person.id === large)
  return {
    me,
    other,
    beside,
    shown: me && (third ?? (large !== 'own' && other ? other : me)),
    show,
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
