/** The login that a store's tablet used last; a person's own login is not kept on shared devices. */
const KEY = 'passline.login'

export function keptLogin(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

export function keepLogin(login: string): void {
  try {
    localStorage.setItem(KEY, login)
  } catch {
    // Private windows keep nothing; the person types it again.
  }
}
