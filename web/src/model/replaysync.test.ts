import { expect, test } from 'vitest'
import { STEP_MS, Timeline, correct } from './replaysync'
import { partAt, trailAt } from './player'

test('below 15 ms nothing is touched, beyond half a second the picture jumps', () => {
  expect(correct(10.01, 10, 1)).toEqual({ kind: 'keep' })
  expect(correct(10.6, 10, 1)).toEqual({ kind: 'seek', to: 10 })
  expect(correct(9.4, 10, 1)).toEqual({ kind: 'seek', to: 10 })
})

test('a picture ahead is slowed and one behind hurried, by 8 % at most', () => {
  expect(correct(10.05, 10, 1)).toEqual({ kind: 'rate', rate: expect.closeTo(0.96) })
  expect(correct(9.95, 10, 2)).toEqual({ kind: 'rate', rate: expect.closeTo(2.08) })
  expect(correct(10.4, 10, 1)).toEqual({ kind: 'rate', rate: expect.closeTo(0.92) })
})

test.each([0.5, 1, 1.5, 2])('at rate %s three pictures with their own drift stay within 26 ms', (rate) => {
  let now = 0
  const timeline = new Timeline(600, () => now)
  timeline.setRate(rate)
  timeline.run()
  const pictures = [
    { position: 0.3, drift: 1.01, rate },
    { position: -0.2, drift: 0.985, rate },
    { position: 0, drift: 1, rate },
  ]
  const errors: number[] = []
  for (let step = 0; step < 600; step++) {
    now += STEP_MS
    for (const picture of pictures) {
      picture.position += (STEP_MS / 1000) * picture.rate * picture.drift
      const fix = correct(picture.position, timeline.t, rate)
      if (fix.kind === 'seek') picture.position = fix.to
      picture.rate = fix.kind === 'rate' ? fix.rate : rate
      if (step > 100) errors.push(Math.abs(picture.position - timeline.t))
    }
  }
  errors.sort((a, b) => a - b)
  expect(errors[Math.floor(errors.length * 0.95)]).toBeLessThan(0.026)
})

test('the clock stands while held, runs at its rate, and stops at the end', () => {
  let now = 0
  const timeline = new Timeline(10, () => now)
  timeline.run()
  now = 2000
  expect(timeline.t).toBe(2)
  timeline.setRate(2)
  now = 3000
  expect(timeline.t).toBe(4)
  timeline.hold()
  now = 9000
  expect(timeline.t).toBe(4)
  timeline.seek(9)
  timeline.run()
  now = 20_000
  expect(timeline.t).toBe(10)
  expect(timeline.atEnd).toBe(true)
})

test('the part at a time and the pointer trail behind it are found', () => {
  const part = (file: string, offset_s: number) => ({
    file,
    participant: 'p',
    mime: 'video/webm',
    has_video: true,
    has_audio: true,
    offset_s,
    duration_s: 5,
    width_px: 640,
    height_px: 360,
    size_bytes: 1,
    sha256: '',
  })
  const parts = [part('a', 1), part('b', 8)]
  expect(partAt(parts, 0.9)).toBeNull()
  expect(partAt(parts, 5.9)?.file).toBe('a')
  expect(partAt(parts, 7)).toBeNull()
  expect(partAt(parts, 8)?.file).toBe('b')
  const points = [0, 1, 2, 3, 4].map((t_s) => ({ t_s, by: 'a', on: 'b', x: 0, y: 0 }))
  expect(trailAt(points, 3.1).map((p) => p.t_s)).toEqual([2, 3])
  expect(trailAt(points, -1)).toEqual([])
})
