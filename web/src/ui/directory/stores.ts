/** Stores as one calls them: several tablets are one line, and whoever is freest of them speaks for it. */
import type { Presence, PresenceEntry, Store, StoreId } from '../../contract'
import { ORDER } from '../../model/quiet'

export interface StoreLine {
  store: Store
  presence: Presence
}

export function linesOf(tablets: readonly PresenceEntry[]): StoreLine[] {
  const lines = new Map<StoreId, StoreLine>()
  for (const { person, presence } of tablets) {
    if (!person.store) continue
    const known = lines.get(person.store.id)
    if (!known || ORDER.indexOf(presence) < ORDER.indexOf(known.presence))
      lines.set(person.store.id, { store: person.store, presence })
  }
  return [...lines.values()].sort((a, b) => a.store.number.localeCompare(b.store.number))
}

/** Whether a tablet of the store can ring now. */
export const rings = (tablets: readonly PresenceEntry[], store: StoreId): boolean =>
  tablets.some(({ person, presence }) => person.store?.id === store && presence === 'free')
