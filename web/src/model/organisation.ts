/** People, stores and media tokens as administrators keep them. */
import type {
  Enrolment,
  KeptToken,
  Newcomer,
  PeopleTaken,
  PersonChange,
  PersonId,
  PersonRecord,
  PersonWish,
  Roles,
  StoreChange,
  StoreRecord,
  StoreWish,
  Stores,
  StoresTaken,
  Name,
} from '../contract'
import { call, replace } from '../link/http'

export interface Organisation {
  /** Everybody but tablets, by login. */
  people(): Promise<PersonRecord[]>
  /** The answer has the link with which they choose a password, told only now. Refusals: conflict. */
  addPerson(wish: PersonWish): Promise<Newcomer>
  /** Resolves with the tag of what is there now. Refusals: precondition if it is another than that of the tag
   * `replaces` by now. */
  changePerson(person: PersonId, change: PersonChange, replaces: string): Promise<string>
  /** They may do exactly this at once. Refusals: conflict for the last administrator, precondition as above. */
  giveRoles(person: PersonId, roles: Roles, replaces: string): Promise<string>
  /** The path of a new link. Refusals: conflict. */
  invite(person: PersonId): Promise<string>
  /** All of them, of whose device is lost; they are signed out everywhere. */
  takePasskeys(person: PersonId): Promise<void>
  /** Also a tablet. The successor gets their work. Refusals: conflict for the last administrator. */
  disable(person: PersonId, disabled: boolean, successor?: PersonId): Promise<void>
  /** Where all that is kept about somebody can be downloaded. */
  copyUrl(person: PersonId): string
  /** For good, somebody who is disabled, by their name. Refusals: conflict while a call of theirs is not over and saved. */
  erase(person: PersonId, name: string): Promise<void>
  /** Those that the reader looks after. */
  stores(): Promise<Stores>
  /** Refusals: conflict. */
  addStore(wish: StoreWish): Promise<void>
  /** Refusals: precondition as above. */
  changeStore(store: StoreRecord['id'], change: StoreChange, replaces: string): Promise<void>
  /** Its tablets go at once; opened again, each comes in by itself. */
  closeStore(store: StoreRecord['id'], closed: boolean): Promise<void>
  /** A code, told only now, that makes one tablet a device of this store. Refusals: too_many. */
  offerEnrolment(store: StoreRecord['id'], name: string): Promise<Enrolment>
  /** It is signed out at once. */
  revokeDevice(device: PersonId): Promise<void>
  /** Refusals: conflict. */
  addRegion(name: Name): Promise<void>
  renameRegion(region: string, name: Name): Promise<void>
  /** What a list would change, or, with `apply`, what it changed. */
  takePeople(list: Blob, apply: boolean): Promise<PeopleTaken>
  takeStores(list: Blob, apply: boolean): Promise<StoresTaken>
  /** Those that are good, of all rooms. */
  tokens(): Promise<KeptToken[]>
  revokeToken(guest: PersonId): Promise<void>
}

const csv = (list: Blob): Blob => new Blob([list], { type: 'text/csv' })

export const organisation: Organisation = {
  people: async () => (await call<{ people: PersonRecord[] }>('GET', '/api/people')).people,
  addPerson: (body) => call('POST', '/api/people', { body }),
  changePerson: (person, change, replaces) =>
    replace(`/api/people/${encodeURIComponent(person)}`, replaces, change),
  giveRoles: (person, roles, replaces) =>
    replace(`/api/people/${encodeURIComponent(person)}/roles`, replaces, roles),
  invite: async (person) =>
    (await call<{ path: string }>('POST', `/api/people/${encodeURIComponent(person)}/invitation`)).path,
  takePasskeys: (person) => call('DELETE', `/api/people/${encodeURIComponent(person)}/passkeys`),
  disable: (person, disabled, successor) =>
    call('PUT', `/api/people/${encodeURIComponent(person)}/disabled`, {
      body: { disabled, successor: successor ?? null },
    }),
  copyUrl: (person) => `/api/people/${encodeURIComponent(person)}/copy`,
  erase: (person, name) =>
    call('POST', `/api/people/${encodeURIComponent(person)}/erasure`, { body: { name } }),
  stores: () => call('GET', '/api/stores'),
  addStore: (body) => call('POST', '/api/stores', { body }),
  changeStore: (store, body, replaces) =>
    call('PUT', `/api/stores/${encodeURIComponent(store)}`, { body, replaces }),
  closeStore: (store, closed) =>
    call('PUT', `/api/stores/${encodeURIComponent(store)}/closed`, { body: { closed } }),
  offerEnrolment: (store, name) =>
    call('POST', `/api/stores/${encodeURIComponent(store)}/devices`, { body: { name } }),
  revokeDevice: (device) => call('DELETE', `/api/devices/${encodeURIComponent(device)}`),
  addRegion: (name) => call('POST', '/api/regions', { body: { name } }),
  renameRegion: (region, name) =>
    call('PUT', `/api/regions/${encodeURIComponent(region)}`, { body: { name } }),
  takePeople: (list, apply) => call('POST', `/api/lists/people?apply=${apply}`, { body: csv(list) }),
  takeStores: (list, apply) => call('POST', `/api/lists/stores?apply=${apply}`, { body: csv(list) }),
  tokens: async () => (await call<{ tokens: KeptToken[] }>('GET', '/api/tokens')).tokens,
  revokeToken: (guest) => call('DELETE', `/api/tokens/${encodeURIComponent(guest)}`),
}
