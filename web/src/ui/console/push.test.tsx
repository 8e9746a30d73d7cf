// @vitest-environment happy-dom
/** The switch that makes a closed browser ring. */
import { expect, it, vi } from 'vitest'
import type { PushState } from '../../model/push'
import { act, byTestId, draw, modelOf, signal } from '../testing'
import { PushSwitch } from './PushSwitch'

const desk = (state: PushState) => ({
  state: signal(state),
  turnOn: vi.fn(() => Promise.resolve()),
  turnOff: vi.fn(() => Promise.resolve()),
})
const input = () => byTestId<HTMLInputElement>('push-switch')
const flip = async () => {
  await act(() => input().click())
  await act(() => Promise.resolve()) // it was carried out
}

it('turns it on, shows it only once it is so, and turns it off', async () => {
  const push = desk('off')
  await draw(<PushSwitch />, modelOf({ push }))
  await flip()
  expect(push.turnOn).toHaveBeenCalledOnce()
  expect(input().checked).toBe(false)
  await act(() => {
    push.state.value = 'on'
  })
  expect(input().checked).toBe(true)
  expect(byTestId('push').textContent).toContain('没退出登录')
  await flip()
  expect(push.turnOff).toHaveBeenCalledOnce()
})

it.each([
  ['denied', true, '允许「通知」'],
  ['unsupported', true, '添加到主屏幕'],
  ['failed', false, '推送服务'],
] as const)('says what to do where it is %s', async (state, disabled, words) => {
  await draw(<PushSwitch />, modelOf({ push: desk(state) }))
  expect(input().disabled).toBe(disabled)
  expect(input().checked).toBe(false)
  expect(byTestId('push').textContent).toContain(words)
})

it('is not there for who is never rung', async () => {
  const root = await draw(<PushSwitch />, modelOf({ push: desk('absent') }))
  expect(root.textContent).toBe('')
})
