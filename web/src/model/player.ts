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
const HAVE_METADATA = 1
const HAVE_FUTURE_DATA = 3

export interface PlayerOptions {
  save: (positionS: number, done: boolean) => Promise<unknown>
}

/** One element that shows one person; the file under it changes with t. */
interface Binding {
  element: HTMLVideoElement
  parts: readonly Part[]
  part: Part | null
  stuckSinceMs: number | null
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
  let wasDone = replay.entry.done ?? false

  const report = () => {
    savedMs = performance.now()
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
    if (part !== binding.part) {
      binding.part = part
      binding.stuckSinceMs = null
      if (part) {
        element.src = url(part.file)
        element.load()
      } else {
        element.pause()
      }
    }
    if (!part || element.error) return false
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
    if (fix.kind === 'seek' && !nearEnd) {
      element.currentTime = fix.to
      return stuck(binding, now)
    }
    if (element.readyState < HAVE_FUTURE_DATA && !nearEnd) return stuck(binding, now)
    binding.stuckSinceMs = null
    const speed = fix.kind === 'rate' ? fix.rate : timeline.rate
    if (Math.abs(element.playbackRate - speed) > 0.001) element.playbackRate = speed
    if (waiting.value && bindings.size > 1) {
      if (!element.paused) element.pause()
    } else if (element.paused && !element.ended) {
      start(element)
    }
    return false
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
    if (playing.value && !held) timeline.run()
    else timeline.hold()
    t.value = timeline.t
    if (!playing.value) return
    if (timeline.atEnd) pause()
    else if (now - savedMs > SAVE_EVERY_MS) report()
  }

  const pause = () => {
    if (!playing.value) return
    playing.value = false
    timeline.hold()
    report()
    step()
  }

  const seek = (to: number) => {
    timeline.seek(to)
    for (const binding of bindings) binding.stuckSinceMs = null
    step()
  }

  const play = (): Promise<void> => {
    soundBlocked.value = false
    if (timeline.atEnd) timeline.seek(0)
    playing.value = true
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
        part: null,
        stuckSinceMs: null,
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
      if (playing.value) {
        playing.value = false
        timeline.hold()
        report()
      }
      for (const { element } of bindings) {
        element.pause()
        element.removeAttribute('src')
        element.load()
      }
      bindings.clear()
    },
  }
}
