// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal, type RefusalCode } from '../../model/api'
import { act, byTestId, draw, modelOf, press } from '../testing'
import { BreakGlass } from './BreakGlass'

const settled = () => act(() => new Promise((resolve) => setTimeout(resolve)))
const view = (breakGlass: (token: string) => Promise<void>) =>
  draw(
    <LocationProvider>
      <BreakGlass />
    </LocationProvider>,
    modelOf({ breakGlass }),
  )

describe('the emergency sign-in', () => {
  beforeEach(() => history.replaceState(null, '', '/break-glass#secret'))

  it('says that it is written down, and signs in only when pressed', async () => {
    const breakGlass = vi.fn(() => Promise.resolve())
    await view(breakGlass)
    expect(byTestId('glass-notice').textContent).toContain('审计')
    expect(breakGlass).not.toHaveBeenCalled()
    await press('glass-go')
    await settled()
    expect(breakGlass).toHaveBeenCalledExactlyOnceWith('secret')
    expect(location.pathname).toBe('/')
  })

  it('says why a link does not work, and lets one try again where that helps', async () => {
    for (const [code, words] of [
      ['not_found', '用过'],
      ['over', '过期'],
      ['locked', '锁住'],
    ] satisfies [RefusalCode, string][]) {
      await view(() => Promise.reject(new Refusal(code)))
      await press('glass-go')
      await settled()
      expect(document.body.textContent).toContain(words)
    }
    expect(byTestId('glass-go')).toBeTruthy()
  })
})
