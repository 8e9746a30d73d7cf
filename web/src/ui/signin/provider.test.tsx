// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal, type RefusalCode } from '../../model/api'
import { act, byTestId, draw, modelOf, press } from '../testing'
import { SignedIn } from './SignedIn'
import { SignIn } from './SignIn'

const settled = () => act(() => new Promise((resolve) => setTimeout(resolve)))
const back = async (parts: Record<string, unknown>) => {
  await draw(
    <LocationProvider>
      <SignedIn />
    </LocationProvider>,
    modelOf({ me: signal(null), ...parts }),
  )
  await settled()
}
const signInPage = async (parts: Record<string, unknown>) => {
  await draw(<SignIn />, modelOf({ me: signal(null), setupNeeded: () => Promise.resolve(false), ...parts }))
  await settled()
}

describe('the sign-in by the identity provider', () => {
  beforeEach(() => history.replaceState(null, '', '/archive?page=2'))

  it('has a button with its name, which leads there and knows the way back', async () => {
    const toProvider = vi.fn(() => Promise.resolve())
    await signInPage({ signInWays: () => Promise.resolve({ provider: '飞书', passkeys: null }), toProvider })
    expect(byTestId('to-provider').textContent).toContain('用飞书登录')
    await press('to-provider')
    expect(toProvider).toHaveBeenCalledWith('/archive?page=2')
  })

  it('has none where there is no provider', async () => {
    await signInPage({ signInWays: () => Promise.resolve({ provider: null, passkeys: null }) })
    expect(document.querySelector('[data-testid=to-provider]')).toBeNull()
  })

  it('says when the provider cannot be reached, and the password still works', async () => {
    const toProvider = () => Promise.reject(new Refusal('oidc_unreachable'))
    await signInPage({ signInWays: () => Promise.resolve({ provider: '飞书', passkeys: null }), toProvider })
    await press('to-provider')
    await settled()
    expect(document.querySelector('[role=alert]')?.textContent).toContain('连不上')
    expect(byTestId('sign-in')).toBeTruthy()
  })
})

describe('the way back from the provider', () => {
  beforeEach(() => history.replaceState(null, '', '/signed-in?code=c&state=s'))

  it('signs in once, leaves no code in the address, and goes where one wanted', async () => {
    const fromProvider = vi.fn(() => Promise.resolve('/archive'))
    await back({ fromProvider })
    expect(fromProvider).toHaveBeenCalledExactlyOnceWith('?code=c&state=s')
    expect(location.pathname + location.search).toBe('/archive')
  })

  it('waits until it is known who was signed in before', async () => {
    const me = signal<null | undefined>(undefined)
    const fromProvider = vi.fn(() => Promise.resolve('/'))
    await back({ me, fromProvider })
    expect(fromProvider).not.toHaveBeenCalled()
    await act(() => void (me.value = null))
    await settled()
    expect(fromProvider).toHaveBeenCalledOnce()
  })

  it('says what went wrong and what to do, in words for each', async () => {
    for (const [code, title, help] of [
      ['oidc_unknown', '没有', '邀请你'],
      ['oidc_disabled', '停用', '重新启用'],
      ['oidc_taken', '另一个', '解除'],
      ['oidc_unreachable', '连不上', '用密码'],
      ['oidc_refused', '没有完成', '再登录一次'],
      ['over', '没有接上', '再登录一次'],
      ['locked', '锁住', ''],
    ] satisfies [RefusalCode, string, string][]) {
      const toProvider = vi.fn(() => Promise.resolve())
      await back({ fromProvider: () => Promise.reject(new Refusal(code)), toProvider })
      expect(document.body.textContent, code).toContain(title)
      expect(document.body.textContent, code).toContain(help)
      await press('provider-again')
      expect(toProvider).toHaveBeenCalledWith('/')
    }
  })
})
