// @vitest-environment happy-dom
import { render } from 'preact'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { setLang } from '../../i18n'
import { fake } from '../gallery/fake'
import { CHEN } from '../gallery/people'
import { inCall } from '../gallery/rooms'
import { ModelContext } from '../model'
import { ExpertCall } from './ExpertCall'

const root = document.createElement('div')
const there = (): boolean[] =>
  ['main-video', 'hang-up', 'chat-input'].map((id) => root.querySelector(`[data-testid='${id}']`) !== null)
const frames: FrameRequestCallback[] = []
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

function draw(stills = 0): void {
  const room = inCall(stills)
  render(
    <ModelContext.Provider value={fake({ me: CHEN, current: room })}>
      <ExpertCall room={room} />
    </ModelContext.Provider>,
    root,
  )
}

beforeEach(async () => {
  await setLang('zh-CN')
  HTMLMediaElement.prototype.play = () => Promise.resolve()
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      unobserve() {}
    },
  )
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  render(null, root)
  frames.length = 0
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('of an answered call the picture is drawn first, on dark, and its tools with the next frame', async () => {
  draw()
  expect(document.documentElement.dataset.theme).toBe('dark')
  draw(1)
  await settled()
  expect(there(), 'not with what is heard meanwhile').toEqual([true, false, false])
  frames.splice(0).forEach((callback) => callback(0))
  await settled()
  expect(there(), 'not before the frame is drawn').toEqual([true, false, false])
  vi.advanceTimersByTime(1)
  await settled()
  expect(there()).toEqual([true, true, true])
})

test('a call in a page that nobody sees has its tools, too', async () => {
  draw()
  vi.advanceTimersByTime(200)
  await settled()
  expect(there()).toEqual([true, true, true])
})
