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

afterEach(() => render(null, root))

test('of an answered call the picture is drawn first, on dark, and its tools right after', async () => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      unobserve() {}
    },
  )
  HTMLMediaElement.prototype.play = () => Promise.resolve()
  await setLang('zh-CN')
  const room = inCall()
  render(
    <ModelContext.Provider value={fake({ me: CHEN, current: room })}>
      <ExpertCall room={room} />
    </ModelContext.Provider>,
    root,
  )
  expect([there('main-video'), there('hang-up'), there('chat-input')]).toEqual([true, false, false])
  expect(document.documentElement.dataset.theme).toBe('dark')
  await vi.waitFor(() => expect([there('hang-up'), there('chat-input')]).toEqual([true, true]))
})
