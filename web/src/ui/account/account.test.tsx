// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { LocationProvider } from 'preact-iso'
import { describe, expect, it, vi } from 'vitest'
import type { Passkeys } from '../../contract'
import { Refusal } from '../../model/api'
import type { PasskeyDesk } from '../../model/passkeys'
import { SignIn } from '../signin/SignIn'
import { keepLogin } from '../signin/kept'
import { act, byTestId, draw, modelOf, press, type } from '../testing'
import { AccountPage } from './AccountPage'

const settled = () => act(() => new Promise((resolve) => setTimeout(resolve)))
const there = (id: string) => document.querySelector(`[data-testid=${id}]`) !== null
const NOW = new Date(2026, 10, 26, 12).getTime()
const PHONE = { id: 'k1', name: '我的手机', added_at: NOW - 60_000, used_at: null }
const OWN: Passkeys = { passkeys: [PHONE], host: 'passline.example', allowed: true }
const desk = (more: Partial<PasskeyDesk>) => ({
  hindrance: () => null,
  list: () => Promise.resolve(OWN),
  ...more,
})
const view = async (more: Partial<PasskeyDesk>, parts: Record<string, unknown> = {}) => {
  await draw(
    <LocationProvider>
      <AccountPage />
    </LocationProvider>,
    modelOf({ me: signal(null), incoming: signal([]), tick: signal(NOW), passkeys: desk(more), ...parts }),
  )
  await settled()
}
const asks = (found: Passkeys) => ({ list: () => Promise.resolve(found) })

describe('one’s own passkeys', () => {
  it('are added under the name of their device, and not without one', async () => {
    const add = vi.fn(() => Promise.resolve())
    const list = vi.fn(() => Promise.resolve({ ...OWN, passkeys: [] }))
    await view({ add, list })
    expect(document.body.textContent).toContain('还没有通行密钥')
    await press('passkey-add')
    await press('passkey-save')
    expect(add).not.toHaveBeenCalled()
    await type('passkey-name', ' 办公室电脑 ')
    await press('passkey-save')
    await settled()
    expect(add).toHaveBeenCalledExactlyOnceWith('办公室电脑')
    expect(there('passkey-dialog')).toBe(false)
    expect(list).toHaveBeenCalledTimes(2)
  })

  it('stay in the dialog that says why when none was made', async () => {
    await view({ add: () => Promise.reject(new Refusal('conflict')) })
    await press('passkey-add')
    await type('passkey-name', '手机')
    await press('passkey-save')
    await settled()
    expect(there('passkey-dialog')).toBe(true)
  })

  it('are removed only when pressed twice', async () => {
    const remove = vi.fn(() => Promise.resolve())
    await view({ remove })
    expect(byTestId('passkey-row').textContent).toContain('我的手机')
    await press('passkey-remove')
    expect(remove).not.toHaveBeenCalled()
    await press('passkey-remove')
    await settled()
    expect(remove).toHaveBeenCalledExactlyOnceWith('k1')
  })

  it('are changed by who signed in just now; others are asked to do it again', async () => {
    const signOut = vi.fn(() => Promise.resolve())
    const again = () => Promise.reject(new Refusal('sign_in_again'))
    await view({ add: again, remove: again }, { signOut })
    await press('passkey-add')
    await type('passkey-name', '手机')
    await press('passkey-save')
    await settled()
    expect([there('passkey-dialog'), there('passkey-again')]).toEqual([false, true])
    await press('passkey-again-yes')
    expect(signOut).toHaveBeenCalledOnce()
  })

  it.each([
    ['address', '域名'],
    ['elsewhere', 'passline.example'],
    ['browser', '不支持通行密钥'],
  ] as const)('cannot be made where the %s hinders it, and the page says so', async (why, words) => {
    await view({ hindrance: () => why })
    expect(there('passkey-add')).toBe(false)
    expect(byTestId('passkeys-lead').textContent).toContain(words)
  })

  it('are the provider’s business for who has no password here', async () => {
    await view(asks({ passkeys: [], host: 'passline.example', allowed: false }))
    expect(there('passkey-add')).toBe(false)
    expect(byTestId('passkeys-lead').textContent).toContain('公司账号')
  })
})

describe('one’s own data', () => {
  it('are a file to download', async () => {
    await view({})
    expect(byTestId('account-copy').getAttribute('href')).toBe('/api/me/copy')
    expect(byTestId('account-copy').hasAttribute('download')).toBe(true)
  })
})

describe('the sign-in by a passkey', () => {
  const page = async (host: string | null, more: Partial<PasskeyDesk>) => {
    const signInWays = () => Promise.resolve({ provider: null, passkeys: host })
    await draw(<SignIn />, modelOf({ me: signal(null), signInWays, passkeys: desk(more) }))
    await settled()
  }

  it('is offered where somebody has one and nothing hinders it', async () => {
    await page(null, {})
    expect(there('by-passkey')).toBe(false)
    await page('passline.example', { hindrance: () => 'elsewhere' })
    expect(there('by-passkey')).toBe(false)
    const signIn = vi.fn(() => Promise.resolve())
    await page('passline.example', { signIn })
    await press('by-passkey')
    expect(signIn).toHaveBeenCalledOnce()
  })

  it('is not offered on a tablet, which has none', async () => {
    keepLogin('store-0117')
    await page('passline.example', {})
    expect(there('by-passkey')).toBe(false)
    localStorage.clear()
  })

  it('says what to do when it does not work', async () => {
    await page('passline.example', { signIn: () => Promise.reject(new Refusal('passkey_refused')) })
    await press('by-passkey')
    await settled()
    expect(document.querySelector('[role=alert]')?.textContent).toContain('用密码登录')
  })
})
