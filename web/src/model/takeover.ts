/** A person takes a shared tablet over with a PIN; and PINs, for whoever manages a store. */
import type { Me, PersonId, PinGiven, Pins, StoreId, Takers } from '../contract'
import { call } from '../link/http'

export interface TakeOver {
  /** Who has this tablet, and who may take it over. */
  takers(): Promise<Takers>
  /** Refusals: wrong_pin, locked, pin_change (a PIN of one use: say one's own), weak_pin (that), conflict (a call). */
  take(person: PersonId, pin: string, own: string | null): Promise<void>
  /** Refusals: conflict (a call). */
  handBack(): Promise<void>
  /** Somebody touched it; said to the server now and then. */
  touched(): void
  pins(store: StoreId): Promise<Pins>
  /** Told only now. */
  givePin(store: StoreId, person: PersonId): Promise<PinGiven>
  /** A person or a tablet. */
  unlock(store: StoreId, subject: PersonId): Promise<void>
}

/** Less than the shortest time after which a tablet is handed back. */
const TOUCH_EVERY_MS = 20_000

export interface Holder {
  me: () => Me | null | undefined
  become: (me: Me) => void
}

export function createTakeOver(holder: Holder): TakeOver {
  let toldMs = -Infinity
  const pins = (store: StoreId): string => `/api/stores/${encodeURIComponent(store)}/pins`
  return {
    takers: () => call('GET', '/api/take-over'),
    take: async (person, pin, own) => {
      holder.become(await call<Me>('POST', '/api/take-over', { body: { person, pin, new: own } }))
      toldMs = performance.now()
    },
    handBack: async () => {
      await call<null>('DELETE', '/api/take-over')
      const me = holder.me()
      if (me) holder.become({ ...me, person: { ...me.person, operator: null } })
    },
    touched: () => {
      if (!holder.me()?.person.operator || performance.now() - toldMs < TOUCH_EVERY_MS) return
      toldMs = performance.now()
      // Lost on the way, it is said again with the next touch.
      call<null>('PUT', '/api/take-over/touched').catch(() => (toldMs = -Infinity))
    },
    pins: (store) => call('GET', pins(store)),
    givePin: (store, person) => call('POST', `${pins(store)}/${encodeURIComponent(person)}`),
    unlock: (store, subject) => call('DELETE', `${pins(store)}/${encodeURIComponent(subject)}/lock`),
  }
}
