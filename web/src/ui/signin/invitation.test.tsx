// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal, type RefusalCode } from '../../model/api'
import { act, byTestId, draw, modelOf, press, type } from '../testing'
import { Invitation } from './Invitation'

const INVITED = {
  login: '00412',
  name: { zh: '陈立群', en: 'Chen Liqun' },
  chain: { zh: '小灶堂', en: 'Little Stove' },
}
const settled = () => act(() => new Promise((resolve) => setTimeout(resolve)))
const view = async (parts: Record<string, unknown>) => {
  await draw(
    <LocationProvider>
      <Invitation />
    </LocationProvider>,
    modelOf({ checkInvitation: () => Promise.resolve(INVITED), ...parts }),
  )
  await settled()
}
const fill = async (password: string, repeat: string) => {
  await type('invitation-password', password)
  await type('invitation-repeat', repeat)
  await press('invitation-go')
  await settled()
}
const alert = () => document.querySelector('[role=alert]')?.textContent

describe('an invitation', () => {
  beforeEach(() => {
    history.replaceState(null, '', '/invitation#secret')
  })

  it('says for whom it is, and takes the password that is chosen', async () => {
    const checkInvitation = vi.fn(() => Promise.resolve(INVITED))
    const acceptInvitation = vi.fn(() => Promise.resolve())
    await view({ checkInvitation, acceptInvitation })
    expect(checkInvitation).toHaveBeenCalledWith('secret')
    expect(document.body.textContent).toContain('小灶堂')
    expect(document.body.textContent).toContain('陈立群')
    await fill('four words are long', 'four words are long')
    expect(acceptInvitation).toHaveBeenCalledWith('secret', 'four words are long')
    expect(location.pathname).toBe('/')
  })

  it('sends nothing that is too short or was typed otherwise the second time', async () => {
    const acceptInvitation = vi.fn(() => Promise.resolve())
    await view({ acceptInvitation })
    await fill('short', 'short')
    expect(alert()).toContain('至少要 10 位')
    await fill('four words are long', 'four words are short')
    expect(alert()).toContain('两次输的不一样')
    expect(acceptInvitation).not.toHaveBeenCalled()
  })

  it('says why a link does not work, before and after typing', async () => {
    for (const [code, words] of [
      ['not_found', '用过'],
      ['over', '过期'],
    ] satisfies [RefusalCode, string][]) {
      await view({ checkInvitation: () => Promise.reject(new Refusal(code)) })
      expect(byTestId('invitation-sign-in')).toBeTruthy()
      expect(document.body.textContent).toContain(words)
      await view({ acceptInvitation: () => Promise.reject(new Refusal(code)) })
      await fill('four words are long', 'four words are long')
      expect(document.body.textContent).toContain(words)
    }
  })

  it('tries again when the server could not be reached', async () => {
    const checkInvitation = vi.fn(() => Promise.resolve(INVITED))
    checkInvitation.mockRejectedValueOnce(new Refusal('offline'))
    await view({ checkInvitation })
    await press('retry')
    await settled()
    expect(byTestId('invitation')).toBeTruthy()
  })
})
