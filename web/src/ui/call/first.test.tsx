// @vitest-environment happy-dom
import { render } from 'preact'
import { afterEach, expect, test, vi } from 'vitest'
import { setLang } from '../../i18n'
import { fake } from '../gallery/fake'
import { CHEN } from '../gallery/people'
import { inCall } from '../gallery/rooms'
import { ModelContext } from '../model'
import { ExpertCall } from './ExpertCall'

const root = document.createElement('div')
const there = (id: string): boolean => root.querySelector(`[data-testid='${id}']`) !== null

afterEach(() => {
  render(null, root)
  vi.unstubAllGlobals()
})

test('of an answered call the picture is drawn first, on dark, and its tools with the next frame', async () => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      unobserve() {}
    },
  )
  HTMLMediaElement.prototype.play = () => Promise.resolve()
  let drawFrame: FrameRequestCallback = () => undefined
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => {
    drawFrame = callback
    return 1
  })
  await setLang('zh-CN')
  const draw = (stills: number): void =>
    render(
      <ModelContext.Provider value={model}>
        <ExpertCall room={inCall(stills)} />
      </ModelContext.Provider>,
      root,
    )
  const model = fake({ me: CHEN, current: inCall() })
  draw(0)
  expect(document.documentElement.dataset.theme).toBe('dark')
  draw(1)
  await new Promise((on) => setTimeout(on, 50))
  expect([there('main-video'), there('hang-up'), there('chat-input')]).toEqual([true, false, false])
  drawFrame(0)
  expect(there('hang-up'), 'not before the frame is drawn').toBe(false)
  await vi.waitFor(() => expect([there('hang-up'), there('chat-input')]).toEqual([true, true]))
})

test('a call in a page that nobody sees has its tools, too', async () => {
  vi.stubGlobal('requestAnimationFrame', () => 1)
  render(
    <ModelContext.Provider value={fake({ me: CHEN, current: inCall() })}>
      <ExpertCall room={inCall()} />
    </ModelContext.Provider>,
    root,
  )
  await vi.waitFor(() => expect(there('hang-up')).toBe(true))
})
