// @vitest-environment happy-dom
/** The element that waits for the first picture. */
import { signal } from '@preact/signals'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Remote } from '../rtc/remote'
import type { Sizes } from '../rtc/sizes'
import { Warm, bindRemote } from './pictures'

const expected = signal<{ person: string; camera: MediaStream } | null>(null)
const camera = {} as MediaStream
const play = vi.fn(() => Promise.resolve())

beforeEach(() => {
  expected.value = null
  vi.spyOn(document, 'createElement').mockImplementation(
    () => ({ play, srcObject: null, paused: true }) as unknown as HTMLVideoElement,
  )
})

const warm = () => new Warm({ expected } as unknown as Remote)

test('who is expected has a player before anything is drawn, and it is given away once', () => {
  const held = warm()
  expected.value = { person: 'p-store', camera }
  expect(play).toHaveBeenCalledOnce()
  const element = held.take('p-store')
  expect(element.srcObject).toBe(camera)
  expected.value = null
  expect(element.srcObject, 'it is drawn now').toBe(camera)
  expect(held.take('p-store').srcObject).toBeNull()
})

test('once it is drawn there is no second player, though it is said again who is expected', () => {
  const held = warm()
  expected.value = { person: 'p-store', camera }
  held.take('p-store')
  play.mockClear()
  expected.value = { person: 'p-store', camera }
  expect(play).not.toHaveBeenCalled()
  expect(held.take('p-store').srcObject).toBeNull()
})

test('nobody else gets it, and it lets go of who does not come', () => {
  const held = warm()
  expected.value = { person: 'p-store', camera }
  const created = vi.mocked(document.createElement).mock.results[0]!.value as HTMLVideoElement
  expect(held.take('p-other')).not.toBe(created)
  expected.value = null
  expect(created.srcObject).toBeNull()
})

test('who is drawn no more has one again when it is said who is expected', () => {
  const held = warm()
  expected.value = { person: 'p-store', camera }
  held.take('p-store').srcObject = null
  expected.value = { person: 'p-store', camera }
  expect(held.take('p-store').srcObject).toBe(camera)
})

test('what a browser refused to play while it rang is played when it is drawn', () => {
  const held = warm()
  expected.value = { person: 'p-store', camera }
  const element = Object.assign(held.take('p-store'), {
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
  })
  play.mockClear()
  const remote = { cameraOf: () => camera } as unknown as Remote
  const sizes = { watch: () => () => undefined } as unknown as Sizes
  bindRemote(element, remote, sizes, 'p-store', 'camera', vi.fn())
  expect(play).toHaveBeenCalledOnce()
  expect(element.srcObject).toBe(camera)
})
