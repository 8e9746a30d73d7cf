/** Plays all files of one recording in step: the clock and rule of replaysync.ts, bound to <video> elements. */
import type { ReadonlySignal } from '@preact/signals'
import { computed, signal } from '@preact/signals'
import type { Part, PersonId, Point, Replay } from '../contract'
import type { Player, Pointer } from './api'
import { STEP_MS, Timeline, correct } from './replaysync'

const TRAIL_S = 1.2
const SAVE_EVERY_MS = 10_000
/** Watched to the end means to here: credits are nobody's duty. */
const DONE_FRACTION = 0.95
/** A picture that has no data for this long no longer holds the others up. */
const PATIENCE_MS = 8000
/** The last moments of a file may never become "ready for more". */
const TAIL_S = 0.25
/** How long pictures may take to get going before the clock goes without them. */
const START_MS = 800
/** A picture that moved this far is going. */
const MOVED_S = 0.02
/** A person's next file is loaded so long before it is due. */
const AHEAD_S = 10
/** One step without data may be a busy machine. */
const DRY_STEPS = 2
const HAVE_METADATA = 1
const HAVE_FUTURE_DATA = 3

export interface PlayerOptions {
  save: (positionS: number, done: boolean) => Promise<unknown>
}

/** One element that shows one person; the file under it changes with t. */
interface Binding {
  element: HTMLVideoElement
  parts: readonly Part[]
  /** The file in the element: the part that covers t, or the one that soon will. */
  loaded: Part | null
  /** The part that covers t. */
  part: Part | null
  /** Steps in a row without data to go on with. */
  dry: number
  stuckSinceMs: number | null
  /** Position when it was told to play, until it moves. */
  startedAt: number | null
}

/** The part of `parts` that covers `t`, seconds on the recording's timeline. */
export function partAt(parts: readonly Part[], t: number): Part | null {
  return parts.find((part) => t >= part.offset_s && t < part.offset_s + part.duration_s) ?? null
}

/** Pointers of the `TRAIL_S` before `t`, oldest first; `points` is in time order. */
export function trailAt(points: readonly Point[], t: number): readonly Point[] {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (points[middle]!.t_s <= t) low = middle + 1
    else high = middle
  }
  let first = low
  while (first > 0 && points[first - 1]!.t_s > t - TRAIL_S) first--
  return points.slice(first, low)
}

export function createPlayer(replay: Replay, url: (file: string) => string, { save }: PlayerOptions): Player {
  const ends = replay.parts.map((part) => part.offset_s + part.duration_s)
  const durationS = replay.entry.duration_s ?? Math.max(0, ...ends)
  const timeline = new Timeline(durationS)
  const t = signal(0)
  const playing = signal(false)
  const waiting = signal(false)
  const rate = signal(1)
  const soundBlocked = signal(false)
  const bindings = new Set<Binding>()
  const points = [...replay.points].sort((a, b) => a.t_s - b.t_s)
  const chapters = [...replay.chapters].sort((a, b) => a.t_s - b.t_s)
  const partsByPerson = new Map<PersonId, Part[]>()
  for (const part of [...replay.parts].sort((a, b) => a.offset_s - b.offset_s)) {
    partsByPerson.set(part.participant, [...(partsByPerson.get(part.participant) ?? []), part])
  }
  let savedMs = performance.now()
  let savedT = 0
  /** Set while the clock stands because the pictures are not going yet. */
  let starting: { sinceMs: number | null } | null = null
  let wasDone = replay.entry.done ?? false

  const report = () => {
    savedMs = performance.now()
    savedT = timeline.t
    const done = durationS > 0 && timeline.t >= durationS * DONE_FRACTION
    wasDone ||= done
    void save(Math.round(timeline.t * 10) / 10, wasDone).catch(() => {
      /* progress is a convenience: the next report carries it */
    })
  }

  /** Brings one element to its place; true when it has to be waited for. */
  const steer = (binding: Binding, now: number): boolean => {
    const { element } = binding
    const position = timeline.t
    const part = partAt(binding.parts, position)
    const load =
      part ??
      binding.parts.find(({ offset_s }) => offset_s > position && offset_s < position + AHEAD_S) ??
      null
    binding.part = part
    if (load !== null && load !== binding.loaded) {
      binding.loaded = load
      binding.stuckSinceMs = null
      element.src = url(load.file)
      element.load()
    }
    if (!part || element.error) {
      if (!element.paused) element.pause()
      return false
    }
    const wanted = position - part.offset_s
    if (element.readyState < HAVE_METADATA) return stuck(binding, now)
    if (!playing.value) {
      if (!element.paused) element.pause()
      if (!element.seeking && Math.abs(element.currentTime - wanted) > 0.04) element.currentTime = wanted
      return false
    }
    if (element.seeking) return stuck(binding, now)
    const nearEnd = wanted > part.duration_s - TAIL_S
    const fix = correct(element.currentTime, wanted, timeline.rate)
    const launching = starting !== null && starting.sinceMs !== null
    if (fix.kind === 'seek' && !nearEnd && !launching) {
      element.currentTime = fix.to
      return stuck(binding, now)
    }
    binding.dry = element.readyState < HAVE_FUTURE_DATA && !nearEnd ? binding.dry + 1 : 0
    if (binding.dry >= DRY_STEPS) return stuck(binding, now)
    binding.stuckSinceMs = null
    if (starting !== null) return false
    const speed = fix.kind === 'rate' ? fix.rate : timeline.rate
    if (Math.abs(element.playbackRate - speed) > 0.001) element.playbackRate = speed
    if (element.paused && !element.ended) start(element)
    return false
  }

  /** The bindings that should move now. */
  const moving = (): Binding[] =>
    [...bindings].filter(({ element, part }) => part && !element.error && !element.ended)

  /**
   * Everything is loaded: all pictures are told to play, and the clock starts where they are once they move. A clock
   * that ran ahead of them would have to be caught up with, which takes seconds at 8 %.
   */
  const launch = (now: number) => {
    if (starting === null) return
    const all = moving()
    if (starting.sinceMs === null) {
      starting.sinceMs = now
      for (const binding of all) {
        binding.startedAt = binding.element.currentTime
        binding.element.playbackRate = timeline.rate
        start(binding.element)
      }
    }
    const going = all.filter(({ element, startedAt }) => element.currentTime > (startedAt ?? 0) + MOVED_S)
    if (going.length < all.length && now - starting.sinceMs < START_MS) return
    starting = null
    const places = going.map(({ element, part }) => element.currentTime + (part?.offset_s ?? 0))
    if (places.length > 0) timeline.seek(places.reduce((sum, place) => sum + place, 0) / places.length)
    timeline.run()
  }

  const stuck = (binding: Binding, now: number): boolean => {
    binding.stuckSinceMs ??= now
    return now - binding.stuckSinceMs < PATIENCE_MS
  }

  const start = (element: HTMLVideoElement) => {
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') {
        soundBlocked.value = true
        pause()
      }
    })
  }

  const step = () => {
    const now = performance.now()
    let held = false
    for (const binding of bindings) held = steer(binding, now) || held
    waiting.value = playing.value && held
    if (!playing.value) {
      timeline.hold()
    } else if (held) {
      timeline.hold()
      starting = { sinceMs: null }
      for (const { element } of bindings) if (!element.paused) element.pause()
    } else if (starting !== null) {
      launch(now)
    } else {
      timeline.run()
    }
    t.value = timeline.t
    if (!playing.value) return
    if (timeline.atEnd) pause()
    else if (now - savedMs > SAVE_EVERY_MS) report()
  }

  const pause = () => {
    if (!playing.value) return
    playing.value = false
    starting = null
    timeline.hold()
    report()
    step()
  }

  const seek = (to: number) => {
    timeline.seek(to)
    if (playing.value) {
      timeline.hold()
      starting = { sinceMs: null }
    }
    for (const binding of bindings) binding.stuckSinceMs = null
    step()
  }

  const play = (): Promise<void> => {
    soundBlocked.value = false
    if (timeline.atEnd) timeline.seek(0)
    playing.value = true
    starting = { sinceMs: null }
    step()
    return Promise.resolve()
  }

  const pointers: ReadonlySignal<readonly Pointer[]> = computed(() => {
    const now = performance.now()
    return trailAt(points, t.value).map(({ t_s, by, on, x, y }) => ({
      by,
      on,
      x,
      y,
      atMs: now - ((t.value - t_s) * 1000) / rate.value,
    }))
  })

  const visibility = new Map<PersonId, ReadonlySignal<boolean>>()
  if (!wasDone && (replay.entry.progress_s ?? 0) > 5) timeline.seek(replay.entry.progress_s ?? 0)
  t.value = timeline.t
  savedT = timeline.t
  const timer = setInterval(step, STEP_MS)

  return {
    replay,
    t,
    durationS,
    playing,
    rate,
    waiting,
    soundBlocked,
    chapter: computed(() => chapters.findLast((chapter) => chapter.t_s <= t.value) ?? null),
    points: pointers,
    gaps: computed(() => replay.gaps.filter((gap) => gap.start_s <= t.value && t.value < gap.end_s)),
    people: [...partsByPerson.keys()],
    partsOf: (person) => partsByPerson.get(person) ?? [],
    visible: (person) => {
      let seen = visibility.get(person)
      if (!seen) {
        const parts = (partsByPerson.get(person) ?? []).filter((part) => part.has_video)
        seen = computed(() => partAt(parts, t.value) !== null)
        visibility.set(person, seen)
      }
      return seen
    },
    bind: (element, person) => {
      const binding: Binding = {
        element,
        parts: partsByPerson.get(person) ?? [],
        loaded: null,
        part: null,
        dry: 0,
        stuckSinceMs: null,
        startedAt: null,
      }
      element.playsInline = true
      element.preload = 'auto'
      element.preservesPitch = true
      bindings.add(binding)
      step()
      return () => {
        bindings.delete(binding)
        element.pause()
        element.removeAttribute('src')
        element.load()
      }
    },
    play,
    pause,
    toggle: () => (playing.value ? pause() : void play()),
    seek,
    setRate: (to) => {
      timeline.setRate(to)
      rate.value = timeline.rate
      step()
    },
    close: () => {
      clearInterval(timer)
      playing.value = false
      timeline.hold()
      if (timeline.t !== savedT) report()
      for (const { element } of bindings) {
        element.pause()
        element.removeAttribute('src')
        element.load()
      }
      bindings.clear()
    },
  }
}
