import { describe, expect, it } from 'vitest'
import { fromFrame, placed, toFrame } from './frame'

const wide = { width: 1600, height: 900 }
const upright = { width: 900, height: 1600 }

describe('a point on the picture', () => {
  it('is the same fraction of the frame when the shapes agree', () => {
    expect(toFrame({ x: 400, y: 225 }, { width: 800, height: 450 }, wide, 'contain')).toEqual({
      x: 0.5,
      y: 0.5,
    })
  })
  it('is nothing in the bars beside an upright picture', () => {
    const box = { width: 1600, height: 900 }
    expect(toFrame({ x: 10, y: 450 }, box, upright, 'contain')).toBeNull()
    expect(toFrame({ x: 800, y: 0 }, box, upright, 'contain')).toEqual({ x: 0.5, y: 0 })
  })
  it('counts what cover cuts away', () => {
    const spot = toFrame({ x: 0, y: 0 }, { width: 900, height: 900 }, wide, 'cover')
    expect(spot?.x).toBeCloseTo(0.21875)
    expect(spot?.y).toBe(0)
  })
  it('is turned round in a mirror', () => {
    expect(toFrame({ x: 200, y: 0 }, { width: 800, height: 450 }, wide, 'contain', true)?.x).toBeCloseTo(0.75)
  })
  it('comes back to the same place for every fit and mirror', () => {
    for (const fit of ['contain', 'cover'] as const)
      for (const mirrored of [false, true])
        for (const frame of [wide, upright]) {
          const box = { width: 731, height: 512 }
          const at = fromFrame({ x: 0.4, y: 0.55 }, box, frame, fit, mirrored)
          const back = toFrame(at, box, frame, fit, mirrored)
          expect(back?.x).toBeCloseTo(0.4)
          expect(back?.y).toBeCloseTo(0.55)
        }
  })
  it('survives a picture that has no size yet', () => {
    expect(placed({ width: 100, height: 50 }, { width: 0, height: 0 }, 'cover')).toEqual({
      left: 0,
      top: 0,
      width: 100,
      height: 50,
    })
  })
})
