/** Calls of a person or a team by one tap, one at a time. */
import { useState } from 'preact/hooks'
import type { PersonId, Skill } from '../../contract'
import type { CallTo } from '../../model/api'
import { act } from '../act'
import { useModel } from '../model'

export interface DirectCall {
  /** Whom it is calling now. */
  calling: PersonId | Skill | null
  /** Nobody can be called this moment. */
  off: boolean
  on: (who: PersonId | Skill, to: CallTo) => void
}

export function useDirectCall(allowed: boolean, refused: Record<string, string> = {}): DirectCall {
  const model = useModel()
  const [calling, setCalling] = useState<PersonId | Skill | null>(null)
  const off = model.link.value !== 'online' || !allowed || calling !== null
  return {
    calling,
    off,
    on: (who, to) => {
      if (off) return
      setCalling(who)
      void act(model.startCall('any', undefined, to), refused).finally(() => setCalling(null))
    },
  }
}
