import { afterEach, expect, test, vi } from 'vitest'
import { Sizes, stepOf } from './sizes'

afterEach(() => vi.unstubAllGlobals())

/** Sizes whose elements are resized by hand. */
function sized() {
  let observed: ResizeObserverCallback = () => undefined
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(callback: ResizeObserverCallback) {
        observed = callback
      }
      observe() {}
      unobserve() {}
    },
  )
  let changes = 0
  const sizes = new Sizes(() => changes++)
  const resize = (target: Element, width: number, height: number) =>
    observed([{ target, contentRect: { width, height } } as ResizeObserverEntry], {} as ResizeObserver)
  return { sizes, resize, changes: () => changes }
}

test('a size is rounded up to a step, and what is larger than any counts as the largest', () => {
  expect([1, 180, 181, 360, 361, 720, 2000].map(stepOf)).toEqual([180, 180, 360, 360, 720, 720, 720])
})

test('the larger of two elements counts, by its shorter side in pixels of the screen', () => {
  vi.stubGlobal('devicePixelRatio', 2)
  const { sizes, resize, changes } = sized()
  const [tile, stage] = [{} as Element, {} as Element]
  sizes.watch(tile, 'p', 'camera')
  const leave = sizes.watch(stage, 'p', 'camera')
  expect(sizes.of('p', 'camera')).toBe(null)
  resize(tile, 160, 90)
  expect(sizes.of('p', 'camera')).toBe(180)
  resize(stage, 320, 640)
  expect(sizes.of('p', 'camera')).toBe(720)
  expect(sizes.of('p', 'screen')).toBe(null)
  leave()
  expect(sizes.of('p', 'camera')).toBe(180)
  expect(changes()).toBe(3)
})

test('an element of no size shows nothing', () => {
  const { sizes, resize } = sized()
  const hidden = {} as Element
  sizes.watch(hidden, 'p', 'camera')
  resize(hidden, 0, 0)
  expect(sizes.of('p', 'camera')).toBe(null)
})
