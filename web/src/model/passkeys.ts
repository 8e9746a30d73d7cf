/** Passkeys: asks the browser for one, and keeps the own ones. What the browser says no to is a Refusal like any other. */
import type { Passkey, PasskeyOptions, Passkeys } from '../contract'
import { call } from '../link/http'
import { Refusal } from '../link/refusal'

/** Why there can be none: an address without a name, a page at another name than theirs, a browser too old. */
export type Hindrance = 'address' | 'elsewhere' | 'browser'

export interface PasskeyDesk {
  /** What keeps this page from using passkeys of `host`, which is null where the server has no name. */
  hindrance(host: string | null): Hindrance | null
  /** Rejects with `passkey_refused` also when nobody answers the browser's question, or too late. */
  signIn(): Promise<void>
  /** The newest first. */
  list(): Promise<Passkeys>
  /** Refusals: sign_in_again, too_many, passkey_refused, conflict where this device has one already. */
  add(name: string): Promise<void>
  /** Refusals: sign_in_again. */
  remove(id: string): Promise<void>
}

/** What the browser's passkey says; a Refusal if nobody answered, or the passkey is there already. */
async function answer(ask: () => Promise<Credential | null>): Promise<string> {
  try {
    const given = (await ask()) as PublicKeyCredential | null
    if (given) return JSON.stringify(given.toJSON())
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    if (error.name === 'InvalidStateError') throw new Refusal('conflict', error.message)
  }
  throw new Refusal('passkey_refused')
}

export function passkeyDesk(enter: (credential: string) => Promise<void>): PasskeyDesk {
  const ask = async (path: string) =>
    JSON.parse((await call<PasskeyOptions>('POST', path)).options) as unknown
  return {
    hindrance: (host) => {
      if (host === null) return 'address'
      if (location.hostname !== host && !location.hostname.endsWith(`.${host}`)) return 'elsewhere'
      return 'PublicKeyCredential' in globalThis && 'parseRequestOptionsFromJSON' in PublicKeyCredential
        ? null
        : 'browser'
    },
    signIn: async () => {
      const options = (await ask('/api/passkey/begin')) as PublicKeyCredentialRequestOptionsJSON
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
      const credential = await answer(() => navigator.credentials.get({ publicKey }))
      try {
        await enter(credential)
      } catch (reason) {
        throw reason instanceof Refusal && reason.code === 'over' ? new Refusal('passkey_refused') : reason
      }
    },
    list: () => call<Passkeys>('GET', '/api/passkeys'),
    add: async (name) => {
      const options = (await ask('/api/passkey/new')) as PublicKeyCredentialCreationOptionsJSON
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
      const credential = await answer(() => navigator.credentials.create({ publicKey }))
      await call<Passkey>('POST', '/api/passkeys', { body: { name, credential } })
    },
    remove: (id) => call('DELETE', `/api/passkeys/${encodeURIComponent(id)}`),
  }
}
