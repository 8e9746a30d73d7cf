/** Who is on line, as the directory lives. */
import { computed, signal } from '@preact/signals'
import type { PersonId, PresenceEntry, Role } from '../contract'
import { HEADQUARTERS } from './roles'

export class People {
  private readonly all = signal<ReadonlyMap<PersonId, PresenceEntry>>(new Map())
  readonly presence = this.all
  readonly experts = computed(() => this.of(['expert']))
  /** Everybody of headquarters, experts too. */
  readonly colleagues = computed(() => this.of(HEADQUARTERS))
  readonly stores = computed(() => this.of(['store']))

  merge(entries: readonly PresenceEntry[]): void {
    const next = new Map(this.all.value)
    for (const entry of entries) next.set(entry.person.id, entry)
    this.all.value = next
  }

  clear(): void {
    this.all.value = new Map()
  }

  private of(roles: readonly Role[]): PresenceEntry[] {
    return [...this.all.value.values()]
      .filter((entry) => roles.includes(entry.person.role))
      .sort((a, b) => sortKey(a).localeCompare(sortKey(b)))
  }
}

const sortKey = ({ person }: PresenceEntry): string => person.store?.number ?? person.id
