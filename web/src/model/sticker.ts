/** The code of a sticker, as it is scanned or typed. */

const CHARACTERS = 10
const CODE = new RegExp(`^[0-9A-HJKMNP-TV-Z]{${CHARACTERS}}$`)

/** Crockford's base 32: small letters, spaces and hyphens do not count, O is 0, I and L are 1. Null for no code. */
export function codeOf(typed: string): string | null {
  const code = typed.replace(/[\s-]/g, '').toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1')
  return CODE.test(code) ? code : null
}

/** Of a square: it holds an address that ends with `/q/<code>`, whatever the server was called when it was printed. */
export function codeIn(scanned: string): string | null {
  const found = /^https?:\/\/[^/]+\/q\/([^/?#]+)$/i.exec(scanned.trim())
  return codeOf(found?.[1] ?? scanned)
}
