import { afterEach, describe, expect, it, vi } from 'vitest'
import { passkeyDesk } from './passkeys'

const nobody = () => Promise.resolve()

/** A page at `hostname`, in a browser that can do it and whose authenticator does `made`; the server answers all alike. */
function browser(hostname: string, made: () => Promise<unknown> = nobody, status = 200): void {
  vi.stubGlobal('location', { hostname })
  vi.stubGlobal('PublicKeyCredential', {
    parseRequestOptionsFromJSON: (options: unknown) => options,
    parseCreationOptionsFromJSON: (options: unknown) => options,
  })
  vi.stubGlobal('navigator', { credentials: { get: made, create: made } })
  const body = status === 200 ? { options: '{"challenge":"abc"}' } : { code: 'over', detail: '' }
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status })))
}
afterEach(() => vi.unstubAllGlobals())

describe('passkeys', () => {
  it('work at their own name and below it', () => {
    browser('desk.passline.example')
    const desk = passkeyDesk(nobody)
    expect(desk.hindrance('passline.example')).toBeNull()
    expect(desk.hindrance('desk.passline.example')).toBeNull()
    expect(desk.hindrance('line.example')).toBe('elsewhere')
    expect(desk.hindrance('k.passline.example')).toBe('elsewhere')
    expect(desk.hindrance(null)).toBe('address')
    vi.stubGlobal('PublicKeyCredential', {})
    expect(desk.hindrance('passline.example')).toBe('browser')
  })

  it('answer with what the authenticator signed', async () => {
    browser('localhost', () => Promise.resolve({ toJSON: () => ({ id: 'k' }) }))
    const enter = vi.fn(nobody)
    await passkeyDesk(enter).signIn()
    expect(enter).toHaveBeenCalledExactlyOnceWith('{"id":"k"}')
  })

  it.each([
    ['NotAllowedError', 'passkey_refused'],
    ['InvalidStateError', 'conflict'],
  ])('that the browser does not give (%s) are refused as %s', async (name, code) => {
    browser('localhost', () => Promise.reject(new DOMException('no', name)))
    await expect(passkeyDesk(nobody).add('phone')).rejects.toMatchObject({ code })
  })

  it('that come too late have simply not worked', async () => {
    browser('localhost', () => Promise.resolve({ toJSON: () => ({}) }))
    const late = passkeyDesk(async () => {
      browser('localhost', nobody, 410)
      await passkeyDesk(nobody).list()
    })
    await expect(late.signIn()).rejects.toMatchObject({ code: 'passkey_refused' })
  })
})
