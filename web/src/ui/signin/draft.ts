/** What is typed on the set-up page, and which of it cannot be; the server has the last word on passwords. */
export interface Draft extends Passwords {
  chain: string
  chainEn: string
  name: string
  login: string
}

export interface Passwords {
  password: string
  repeat: string
}

/** Words (a key of the catalogues) by field. */
export type Wrong = Partial<Record<keyof Draft, string>>

export const BLANK: Draft = { chain: '', chainEn: '', name: '', login: '', password: '', repeat: '' }

const LOGIN = /^[a-z0-9][a-z0-9._@-]{1,63}$/
const PASSWORD_CHARACTERS = 10

/** Every field that has to be changed; nothing when it may be sent. */
export function wrongIn(draft: Draft): Wrong {
  const wrong: Wrong = {}
  if (!draft.chain.trim()) wrong.chain = 'setup.chain_missing'
  if (!draft.name.trim()) wrong.name = 'setup.name_missing'
  if (!LOGIN.test(draft.login)) wrong.login = 'setup.login_wrong'
  return { ...wrong, ...wrongPassword(draft) }
}

/** The same for a password alone. */
export function wrongPassword(typed: Passwords): Partial<Passwords> {
  if ([...typed.password].length < PASSWORD_CHARACTERS) return { password: 'setup.password_short' }
  return typed.password === typed.repeat ? {} : { repeat: 'setup.repeat_differs' }
}
