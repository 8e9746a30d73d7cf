/** A store's tablet looks at itself: at night, when headquarters asks, or by hand; and says what it found. */
import type { ReadonlySignal } from '@preact/signals'
import { computed, effect, signal } from '@preact/signals'
import type { CheckFound, OwnSelfTest, PersonId, SelfTest, SelfTestReport } from '../contract'
import type { Check, CheckUp } from './api'
import { due } from './night'

const BEAT_MS = 30_000
/** An administrator may have set another window; what was reported from elsewhere counts too. */
const LEARN_MS = 3_600_000
/** What was learnt so lately is still so. */
const FRESH_MS = 5_000
/** As contract/selftest.py takes them. */
const MOST_WHERE = 300
const PLACE = /^[0-9A-Za-z.:/?=&%_[\]-]{1,100}$/

export interface Inputs {
  /** The tablet that is signed in here; null for anybody else, and for nobody. */
  tablet: ReadonlySignal<PersonId | null>
  version: () => string
  /** On this page: in no call, none rings, the camera is nobody's, and the server is heard. */
  free: ReadonlySignal<boolean>
  checkUp: () => Promise<CheckUp>
  learn: () => Promise<OwnSelfTest>
  report: (report: SelfTestReport) => Promise<unknown>
  /** Of all pages of this browser one looks at a time; null while another does. */
  alone: () => Promise<{ release: () => void } | null>
  /** UTC ms by the server's clock. */
  nowMs: () => number
  /** From any moment on; never set. */
  monoMs: () => number
}

/** Names of places as the server takes them; a sentence without some of them is better than no report. */
function placesOf(where: string): string {
  const kept: string[] = []
  for (const place of where.split(', '))
    if (PLACE.test(place) && [...kept, place].join(', ').length <= MOST_WHERE) kept.push(place)
  return kept.join(', ')
}

/** As the server is told: nothing that is still looked at. */
export function reportOf(checks: readonly Check[]): CheckFound[] {
  return checks.flatMap(({ name, state, words, rttMs, figure, values }) =>
    state === 'running'
      ? []
      : [{ name, state, words, figure: figure ?? rttMs, where: placesOf(values?.where ?? '') }],
  )
}

export class SelfTests {
  private readonly own = signal<OwnSelfTest | null>(null)
  private learntMs = -Infinity
  private triedMs = -Infinity
  private touchedMs: number
  private running: { why: 'night' | 'order'; stop: AbortController } | null = null

  readonly last: ReadonlySignal<SelfTest | null> = computed(() =>
    this.inputs.tablet.value === null ? null : (this.own.value?.last ?? null),
  )

  constructor(private readonly inputs: Inputs) {
    this.touchedMs = inputs.monoMs()
  }

  /** Begins to watch; for as long as the page lives. */
  start(): void {
    const touched = (): void => this.touched()
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, touched, { capture: true })
    document.addEventListener('visibilitychange', () => {
      if (!isSeen() && this.running?.why === 'night') this.running.stop.abort()
    })
    effect(() => {
      if (!this.inputs.free.value) this.running?.stop.abort()
    })
    effect(() => {
      if (this.inputs.tablet.value === null) return undefined
      this.forget()
      void this.learn(0)
      const timer = setInterval(() => void this.beat(), BEAT_MS)
      return () => clearInterval(timer)
    })
  }

  /** Somebody is there: what goes on by itself stops at once. */
  touched(): void {
    this.touchedMs = this.inputs.monoMs()
    this.running?.stop.abort()
  }

  /** Headquarters wants to know now. */
  async ordered(): Promise<void> {
    if (this.inputs.tablet.peek() !== null && (await this.run('order')) === 'in_use')
      await this.tell('order', null)
  }

  /** Somebody looked by hand. */
  async byHand(checks: readonly Check[]): Promise<void> {
    if (this.inputs.tablet.peek() !== null) await this.tell('hand', checks)
  }

  /** Looks whether it is time. */
  async beat(): Promise<void> {
    const tablet = this.inputs.tablet.peek()
    if (tablet === null) return
    // Kept from the first beat on: later the server may have another page, and not this one's parts any more.
    await this.inputs.checkUp().catch(() => null)
    if (this.inputs.free.peek()) await this.learn(LEARN_MS)
    if (!this.isDue(tablet)) return
    // Another page of this tablet may have reported meanwhile, or be in a call.
    if (!(await this.learn(FRESH_MS)) || !this.own.peek()?.free || !this.isDue(tablet)) return
    this.triedMs = this.inputs.monoMs()
    await this.run('night')
  }

  private isDue(tablet: PersonId): boolean {
    const { inputs } = this
    const own = this.own.peek()
    // Where nobody sees the page the browser may hold back the camera's pictures.
    if (own === null || tablet !== inputs.tablet.peek() || !inputs.free.peek() || !isSeen()) return false
    const monoMs = inputs.monoMs()
    return due(tablet, {
      nowMs: inputs.nowMs(),
      window: own.window,
      lastMs: own.last?.at ?? null,
      idleMs: monoMs - this.touchedMs,
      triedAgoMs: monoMs - this.triedMs,
    })
  }

  private forget(): void {
    this.own.value = null
    this.learntMs = this.triedMs = -Infinity
  }

  /** Asks unless that was done less than `freshMs` ago; false if there was no answer. */
  private async learn(freshMs: number): Promise<boolean> {
    if (this.inputs.monoMs() - this.learntMs < freshMs) return true
    try {
      this.own.value = await this.inputs.learn()
      this.learntMs = this.inputs.monoMs()
      return true
    } catch {
      return false // Asked again at the next beat.
    }
  }

  /** `in_use`: it was given up, or could not begin. `left`: another page looks, or this one cannot. */
  private async run(why: 'night' | 'order'): Promise<'told' | 'in_use' | 'left'> {
    if (this.running || !this.inputs.free.peek()) return 'in_use'
    const stop = new AbortController()
    this.running = { why, stop }
    const turn = await this.inputs.alone().catch(() => null)
    try {
      const checkUp = turn && (await this.inputs.checkUp().catch(() => null))
      if (!checkUp) return 'left'
      const checks = stop.signal.aborted ? null : await checkUp.run({ attended: false, signal: stop.signal })
      if (checks === null) return 'in_use'
      await this.tell(why, checks)
      return 'told'
    } finally {
      turn?.release()
      this.running = null
    }
  }

  private async tell(why: SelfTestReport['why'], checks: readonly Check[] | null): Promise<void> {
    try {
      await this.inputs.report({
        why,
        version: this.inputs.version(),
        checks: checks ? reportOf(checks) : [],
        abandoned: checks === null,
      })
      if (checks !== null) await this.learn(0)
    } catch {
      // Of a night it is tried again; headquarters sees that an order was not answered.
    }
  }
}

const isSeen = (): boolean => document.visibilityState === 'visible'
