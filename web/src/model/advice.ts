/**
 * What to do about a poor link, from figures of both sides: at most one advice at a time, slow to come and slow to go.
 *
 * Rules without IO. Call `take` with every sample of the own side and show what it returns; `done` when the reader has
 * followed it or wants to hear no more of it.
 */
import type { ClientSample, PersonId, SeenFigures } from '../contract'

/** What can be done at once with one press. */
export type AdviceAct = 'send_still' | 'ask_still'

/** `words` names the sentence: what is wrong, and what to do. */
export interface Advice {
  rule: RuleName
  words: string
  fps: number
  act: AdviceAct | null
}

export interface Facts {
  /** Monotonic. */
  nowMs: number
  /** Whose camera is worked with: the store's side of a call. */
  atStore: boolean
  /** The other one of the call, and whether it could be seen and heard. */
  other: { person: PersonId; muted: boolean; cameraOff: boolean }
  self: { muted: boolean; cameraOff: boolean }
  /** Measured here. */
  own: ClientSample
  /** How the other one sees and hears us, if it said so lately. */
  theirs: readonly SeenFigures[]
}

/** In the order of how much they matter: voice before picture, what one can mend before what one cannot. */
const RULES = [
  'own_sound_breaks',
  'their_sound_breaks',
  'they_see_few',
  'you_see_few',
  'device_busy',
  'late',
] as const
export type RuleName = (typeof RULES)[number]

/** From `begins` on a value is bad; what is bad stays so until it is past `ends`. */
const CONCEALED = { begins: 0.08, ends: 0.04 }
const FEW_FPS = { begins: 6, ends: 9 }
/** A picture that stands still altogether is told elsewhere. */
const STANDS_FPS = 0.3
const RTT_MS = { begins: 600, ends: 400 }
const BUSY_FPS = { begins: 10, ends: 13 }

/** A call does not begin with a complaint: the first seconds hold what came before the link had settled. */
export const QUIET_MS = 15_000
/** So many samples in a row before an advice comes, or goes. */
const COMES_AFTER = 2
const GOES_AFTER = 2
/** Nobody reads faster on a greasy tablet. */
const LEAST_SHOWN_MS = 8000
/** After somebody followed it. */
export const REST_MS = 60_000

const value = (
  tracks: readonly SeenFigures[],
  source: 'camera' | 'microphone',
  of: PersonId | null,
): SeenFigures | undefined =>
  tracks.find((track) => track.source === source && (of === null || track.of === of))

/** How a rule reads its one figure; null where there is none. `low`: little is bad. */
function figure(rule: RuleName, facts: Facts): { value: number | null; low: boolean } {
  const { own, theirs, other, self, atStore } = facts
  const seen = (tracks: readonly SeenFigures[], of: PersonId | null): number | null => {
    const fps = value(tracks, 'camera', of)?.fps ?? null
    return fps !== null && fps >= STANDS_FPS ? fps : null
  }
  switch (rule) {
    case 'own_sound_breaks':
      return { value: self.muted ? null : (value(theirs, 'microphone', null)?.concealed ?? null), low: false }
    case 'their_sound_breaks':
      return {
        value: other.muted ? null : (value(own.seen, 'microphone', other.person)?.concealed ?? null),
        low: false,
      }
    case 'they_see_few':
      return { value: atStore && !self.cameraOff ? seen(theirs, null) : null, low: true }
    case 'you_see_few':
      return { value: !atStore && !other.cameraOff ? seen(own.seen, other.person) : null, low: true }
    case 'device_busy': {
      const camera = own.sent.find(({ source }) => source === 'camera')
      return { value: camera?.limit === 'cpu' && !self.cameraOff ? (camera.fps ?? null) : null, low: true }
    }
    case 'late':
      return { value: own.rtt_ms ?? null, low: false }
  }
}

const LIMITS: Record<RuleName, { begins: number; ends: number }> = {
  own_sound_breaks: CONCEALED,
  their_sound_breaks: CONCEALED,
  they_see_few: FEW_FPS,
  you_see_few: FEW_FPS,
  device_busy: BUSY_FPS,
  late: RTT_MS,
}

const ACTS: Partial<Record<RuleName, AdviceAct>> = { they_see_few: 'send_still', you_see_few: 'ask_still' }

export class Advisor {
  private readonly bad = new Map<RuleName, number>()
  private readonly good = new Map<RuleName, number>()
  private readonly restUntilMs = new Map<RuleName, number>()
  private shown: Advice | null = null
  private shownMs = 0

  /** `sinceMs`: when this call's media came up, or came up anew. */
  constructor(private readonly sinceMs: number) {}

  take(facts: Facts): Advice | null {
    const { nowMs } = facts
    if (nowMs - this.sinceMs < QUIET_MS) return null
    for (const rule of RULES) this.count(rule, facts)
    const readable = this.shown === null || nowMs - this.shownMs >= LEAST_SHOWN_MS
    if (this.shown && !readable) return (this.shown = this.words(this.shown.rule, facts))
    const current = this.shown?.rule ?? null
    const next = RULES.find(
      (rule) =>
        nowMs >= (this.restUntilMs.get(rule) ?? -Infinity) &&
        (rule === current
          ? (this.good.get(rule) ?? 0) < GOES_AFTER
          : (this.bad.get(rule) ?? 0) >= COMES_AFTER),
    )
    if (next === undefined) this.shown = null
    else {
      if (next !== current) this.shownMs = nowMs
      this.shown = this.words(next, facts)
    }
    return this.shown
  }

  /** The reader did it, or waved it away: nothing more of this rule for a while. */
  done(nowMs: number): void {
    if (this.shown) this.restUntilMs.set(this.shown.rule, nowMs + REST_MS)
    this.shown = null
  }

  private count(rule: RuleName, facts: Facts): void {
    const { value: now, low } = figure(rule, facts)
    const { begins, ends } = LIMITS[rule]
    const isBad = now !== null && (low ? now < begins : now >= begins)
    const isGood = now === null || (low ? now >= ends : now < ends)
    this.bad.set(rule, isBad ? (this.bad.get(rule) ?? 0) + 1 : 0)
    this.good.set(rule, isGood ? (this.good.get(rule) ?? 0) + 1 : 0)
  }

  private words(rule: RuleName, facts: Facts): Advice {
    const { value: now } = figure(rule, facts)
    const fps = now === null ? (this.shown?.fps ?? 1) : Math.max(1, Math.round(now))
    return { rule, words: `advice.${rule}`, fps, act: ACTS[rule] ?? null }
  }
}
