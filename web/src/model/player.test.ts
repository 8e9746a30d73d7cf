import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Replay } from '../contract'
import type { Player } from './api'
import { createPlayer } from './player'

/** A <video> that plays by the fake clock, with its own drift. */
class FakeVideo {
  src = ''
  paused = true
  seeking = false
  ended = false
  error = null
  readyState = 4
  private rate = 1
  private base = 0
  private since = 0

  constructor(private readonly drift: number) {}

  get playbackRate() {
    return this.rate
  }
  set playbackRate(to: number) {
    this.base = this.currentTime
    this.since = performance.now()
    this.rate = to
  }
  get currentTime() {
    const moved = this.paused ? 0 : ((performance.now() - this.since) / 1000) * this.rate * this.drift
    return this.base + moved
  }
  set currentTime(to: number) {
    this.base = to
    this.since = performance.now()
  }
  play() {
    this.base = this.currentTime
    this.since = performance.now()
    this.paused = false
    return Promise.resolve()
  }
  pause() {
    this.base = this.currentTime
    this.paused = true
  }
  load() {
    this.base = 0
  }
  removeAttribute() {
    this.src = ''
  }
}

const part = (participant: string, offset_s: number, duration_s: number) => ({
  file: `${participant}-${offset_s}.webm`,
  participant,
  mime: 'video/webm',
  has_video: true,
  has_audio: true,
  offset_s,
  duration_s,
  width_px: 640,
  height_px: 360,
  size_bytes: 1,
  sha256: '',
})

const replay = {
  entry: { room: 'r', duration_s: 60, progress_s: null, done: false },
  timings: null,
  parts: [part('a', 0, 60), part('b', 3, 57)],
  gaps: [{ participant: 'a', source: 'camera', start_s: 10, end_s: 12, reason: 'network' }],
  points: [{ t_s: 5, by: 'b', on: 'a', x: 0.5, y: 0.5 }],
  chapters: [
    { t_s: 0, kind: 'joined', person: 'a', still: null, message: null },
    { t_s: 8, kind: 'still', person: 'a', still: null, message: null },
  ],
  may_publish: false,
} as unknown as Replay

let saved: [number, boolean][]
let player: Player
let a: FakeVideo
let b: FakeVideo

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  saved = []
  player = createPlayer(replay, (file) => `/f/${file}`, {
    save: (position, done) => {
      saved.push([position, done])
      return Promise.resolve()
    },
  })
  a = new FakeVideo(1.004)
  b = new FakeVideo(0.997)
  player.bind(a as unknown as HTMLVideoElement, 'a')
  player.bind(b as unknown as HTMLVideoElement, 'b')
})
afterEach(() => {
  player.close()
  vi.useRealTimers()
})

test('two pictures with their own drift stay together, the second from its own beginning', async () => {
  await player.play()
  vi.advanceTimersByTime(1000)
  expect(a.src).toBe('/f/a-0.webm')
  expect(b.src).toBe('/f/b-3.webm')
  expect(player.visible('b').value).toBe(false)
  expect(b.paused).toBe(true)
  vi.advanceTimersByTime(9000)
  expect(player.visible('b').value).toBe(true)
  expect(Math.abs(a.currentTime - (b.currentTime + 3))).toBeLessThan(0.03)
  expect(Math.abs(a.currentTime - player.t.value)).toBeLessThan(0.03)
})

test('a place found while paused is kept too', () => {
  player.seek(20)
  player.close()
  expect(saved).toEqual([[20, false]])
})

test('a seek moves all, pause holds all and keeps the progress', async () => {
  await player.play()
  player.seek(30)
  vi.advanceTimersByTime(500)
  player.pause()
  vi.advanceTimersByTime(500)
  expect(a.paused && b.paused).toBe(true)
  expect(a.currentTime).toBeGreaterThan(30)
  expect(Math.abs(a.currentTime - (b.currentTime + 3))).toBeLessThan(0.05)
  expect(saved.at(-1)?.[0]).toBeGreaterThan(30)
  expect(saved.at(-1)?.[1]).toBe(false)
})

test('a picture without data holds the other up, then both go on together', async () => {
  await player.play()
  vi.advanceTimersByTime(5000)
  b.readyState = 2
  vi.advanceTimersByTime(1000)
  expect(player.waiting.value).toBe(true)
  expect(a.paused).toBe(true)
  const held = player.t.value
  vi.advanceTimersByTime(1000)
  expect(player.t.value).toBe(held)
  b.readyState = 4
  vi.advanceTimersByTime(1000)
  expect(player.waiting.value).toBe(false)
  expect(a.paused || b.paused).toBe(false)
})

test('chapters, gaps and pointers follow the clock, and the end counts as done', async () => {
  player.seek(5.5)
  expect(player.chapter.value?.kind).toBe('joined')
  expect(player.points.value).toHaveLength(1)
  player.seek(11)
  expect(player.chapter.value?.kind).toBe('still')
  expect(player.gaps.value).toHaveLength(1)
  expect(player.points.value).toHaveLength(0)
  player.seek(59.5)
  await player.play()
  vi.advanceTimersByTime(3000)
  expect(player.playing.value).toBe(false)
  expect(saved.at(-1)).toEqual([60, true])
})
