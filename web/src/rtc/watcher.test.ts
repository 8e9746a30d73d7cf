import { expect, test } from 'vitest'
import type { Pulse, Verdict } from './watcher'
import {
  CHANGED_MS,
  GIVE_UP_MS,
  QUIET_MS,
  RETURN_MS,
  SILENT_MS,
  STALLED_AGAIN_MS,
  STALLED_MS,
  Watcher,
} from './watcher'

const STEP_MS = 100

/** A connection in virtual time: what flows counts up, what does not stands still. */
class World {
  now = 1000
  flowing = true
  audio = true
  video = true
  heard = new Set(['audio', 'video'])
  pulse: Pulse = {
    now: 0,
    state: 'connected',
    bytes: 0,
    publishes: true,
    tracks: new Map(),
    link: true,
  }
  readonly watcher = new Watcher(this.now)
  private counts = { audio: 0, video: 0 }

  /** The verdicts of so much time, without repeats. */
  pass(ms: number): Verdict[] {
    const verdicts: Verdict[] = []
    for (const end = this.now + ms; this.now < end;) {
      this.now += STEP_MS
      if (this.flowing) this.pulse.bytes += 1000
      if (this.flowing && this.audio) this.counts.audio += 5
      if (this.flowing && this.video) this.counts.video += 2
      const tracks = new Map(Object.entries(this.counts).filter(([mid]) => this.heard.has(mid)))
      const verdict = this.watcher.look({ ...this.pulse, tracks, now: this.now })
      if (verdict !== verdicts.at(-1)) verdicts.push(verdict)
    }
    return verdicts
  }
}

test('a connection over which everything comes is left alone, whatever ICE says', () => {
  const world = new World()
  expect(world.pass(5000)).toEqual(['well'])
  world.pulse.state = 'disconnected'
  expect(world.pass(30_000)).toEqual(['well'])
  expect(world.watcher.lostSinceMs).toBeNull()
})

test('two seconds without anything ask for a new connection', () => {
  const world = new World()
  world.pass(1000)
  const cut = world.now
  world.flowing = false
  expect(world.pass(SILENT_MS - STEP_MS)).toEqual(['well'])
  expect(world.pass(STEP_MS)).toEqual(['renew'])
  expect(world.watcher.lostSinceMs).toBe(cut)
})

test('in an outage nothing is begun, and the old connection keeps the call if it comes back first', () => {
  const world = new World()
  world.pass(1000)
  world.flowing = false
  world.pass(SILENT_MS)
  world.pulse.link = false
  expect(world.pass(5000)).toEqual(['wait'])
  world.pulse.link = true
  expect(world.pass(RETURN_MS)).toEqual(['wait'])
  world.flowing = true
  expect(world.pass(2000)).toEqual(['well'])
  expect(world.watcher.lostSinceMs).toBeNull()
})

test('after an outage that the old connection did not survive a new one is made at once', () => {
  const world = new World()
  world.pass(1000)
  world.flowing = false
  world.pulse.link = false
  world.pass(20_000)
  world.pulse.state = 'failed'
  expect(world.pass(5000)).toEqual(['wait'])
  world.pulse.link = true
  expect(world.pass(STEP_MS)).toEqual(['renew'])
})

test('an old connection that stays silent loses its moment', () => {
  const world = new World()
  world.pass(1000)
  world.flowing = false
  world.pulse.link = false
  world.pass(8000)
  world.pulse.link = true
  expect(world.pass(RETURN_MS + STEP_MS)).toEqual(['wait', 'renew'])
})

test('a changed network makes silence count sooner', () => {
  const world = new World()
  world.pass(1000)
  world.flowing = false
  world.watcher.changed(world.now + 1)
  expect(world.pass(CHANGED_MS + STEP_MS)).toEqual(['well', 'renew'])
})

test('where only reports are due silence must last longer', () => {
  const world = new World()
  world.heard.clear()
  world.pass(1000)
  world.flowing = false
  expect(world.pass(QUIET_MS - STEP_MS)).toEqual(['well'])
  expect(world.pass(STEP_MS)).toEqual(['renew'])
})

test('where nothing is due nothing is missed, until ICE gives up', () => {
  const world = new World()
  world.heard.clear()
  world.pulse.publishes = false
  world.flowing = false
  expect(world.pass(60_000)).toEqual(['well'])
  world.pulse.state = 'failed'
  expect(world.pass(STEP_MS)).toEqual(['renew'])
})

test('one picture that stands while sound goes on asks once, and not again soon', () => {
  const world = new World()
  world.pass(1000)
  world.video = false
  expect(world.pass(STALLED_MS)).toEqual(['well', 'renew'])
  expect(world.pass(STALLED_AGAIN_MS - STEP_MS)).toEqual(['wait'])
  expect(world.pass(STEP_MS)).toEqual(['renew'])
  expect(world.watcher.lostSinceMs).toBeNull()
})

test('a publisher whose picture the server takes away is not missed', () => {
  const world = new World()
  world.pass(1000)
  world.video = false
  world.pass(3000)
  world.heard.delete('video')
  expect(world.pass(30_000)).toEqual(['well'])
})

test('after an outage sound comes before the picture, which waits for a keyframe, and nothing is begun', () => {
  const world = new World()
  world.pass(1000)
  world.flowing = false
  world.pulse.link = false
  world.pass(8000)
  world.pulse.link = true
  world.flowing = true
  world.video = false
  expect(world.pass(1000)).toEqual(['well'])
  world.video = true
  expect(world.pass(1000)).toEqual(['well'])
})

test('it gives up when the seat is gone, and hopes again with the link or with the person', () => {
  const world = new World()
  world.pass(1000)
  world.flowing = false
  world.pulse.state = 'failed'
  world.pulse.link = false
  expect(world.pass(GIVE_UP_MS + STEP_MS)).toEqual(['wait', 'give_up'])
  world.watcher.again(world.now)
  expect(world.pass(5000)).toEqual(['wait'])
  expect(world.pass(GIVE_UP_MS)).toEqual(['wait', 'give_up'])
  world.pulse.link = true
  expect(world.pass(STEP_MS)).toEqual(['renew'])
})

test('asked for, a new connection is made although this one is well, once', () => {
  const world = new World()
  world.pass(1000)
  world.watcher.ask()
  expect(world.pass(2000)).toEqual(['renew'])
  world.watcher.renewed(world.now)
  expect(world.pass(2000)).toEqual(['well'])
})

test('a page that slept does not blame the network', () => {
  const world = new World()
  world.pass(1000)
  world.now += 60_000
  expect(world.pass(1000)).toEqual(['well'])
})
