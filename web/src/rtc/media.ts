/**
 * The media of one room at a time: keeps a PeerConnection alive towards it, and says what arrives.
 *
 * watcher.ts decides when a new connection (`pc_gen` + 1) is needed; here it is made ready before the old one is let go,
 * and let go itself when the old one comes back first. What is published follows the capture, by `replaceTrack`.
 */
import type { ReadonlySignal } from '@preact/signals'
import { batch, effect, signal, untracked } from '@preact/signals'
import type { ClientSample, Ice, Layout, PersonId, Quality, RoomId, SessionId, SlotFill } from '../contract'
import { SAMPLE_MS } from '../contract'
import { Backoff } from '../link/backoff'
import { Refusal } from '../link/refusal'
import type { Capture } from './capture'
import type { MovedReason, Tracks } from './peer'
import { Peer } from './peer'
import { Pointers } from './pointers'
import { QualityWords } from './quality'
import { Remote } from './remote'
import { Sampler } from './sample'
import { Sizes } from './sizes'
import { Speaker } from './speaker'
import type { Counted, Rates } from './stats'
import { StatsReader, readCounters } from './stats'
import type { Verdict } from './watcher'
import { Watcher } from './watcher'

/** `recovering`: nothing arrives any more, and it is tried again. `failed`: given up, see `tryAgain`. */
export type PeerState = 'none' | 'connecting' | 'connected' | 'recovering' | 'failed'

/** Where this tab's media goes. */
export interface Target {
  room: RoomId
  session: SessionId
  layout: Layout
  /** The camera may be sent in several sizes: more than two are here, or soon. */
  layered: boolean
  /** False while an expert is only rung: connected, but camera and microphone dark. */
  publish: boolean
  /** Who is seen first, if this tab answers: the other one of a call. */
  first: PersonId | null
}

export type Answerer = (target: Target, pcGen: number, sdp: string, signal: AbortSignal) => Promise<string>

/** Refusals after which trying again is useless. */
const FINAL: ReadonlySet<string> = new Set([
  'over',
  'not_found',
  'forbidden',
  'consent',
  'sign_in',
  'bad_sdp',
  'ended',
])
/** A rung tab shows and sounds the ring before it is busy with a connection. */
const RING_FIRST_MS = 60
const READY_MS = 6000
const WATCH_MS = 500
/** While nothing arrives. */
const WATCH_LOST_MS = 150
const MEASURE_MS = 2000
/** Between two looks whether a sample is due. */
const DUE_MS = 1000
const SILENCE: Tracks = { microphone: null, camera: null, screen: null, screen_sound: null }

const NO_RATES: Rates = { sentFps: null, seenFps: null }

/** A connection in the making. */
interface Attempt {
  peer: Peer
  answered: boolean
  abort: AbortController
}

export class Media {
  readonly peer = signal<PeerState>('none')
  /** Since when nothing arrives, performance.now(); null while all is well. */
  readonly lostSinceMs = signal<number | null>(null)
  /** The server replaces what carried our media; until a new connection carries it. */
  readonly replacing = signal(false)
  /** When it is tried again, performance.now(), because the server takes nobody new now; null otherwise. */
  readonly busyUntilMs = signal<number | null>(null)
  readonly quality = signal<Quality>('unknown')
  /** Pictures a second, out and in. */
  readonly rates = signal<Rates>(NO_RATES)
  /** What the server is to keep, every `sampleMs`; null while nothing is connected. */
  readonly sample = signal<ClientSample | null>(null)
  sampleMs = SAMPLE_MS
  /** Since when sound of whom is played in this room, performance.now(). */
  readonly heard = signal<ReadonlyMap<PersonId, number>>(new Map())
  readonly remote = new Remote()
  readonly pointers = new Pointers()
  readonly sizes = new Sizes(() => this.tellSizes())

  private target: Target | null = null
  private active: Peer | null = null
  private next: Attempt | null = null
  private pcGen = 0
  private watcher = new Watcher(0)
  private looking: Promise<void> | null = null
  private watch: ReturnType<typeof setTimeout> | undefined
  private start: ReturnType<typeof setTimeout> | undefined
  private readyBy: ReturnType<typeof setTimeout> | undefined
  private notBeforeMs = 0
  /** The server said no for good: only a new aim or the person changes that. */
  private refusedForGood = false
  private readonly backoff = new Backoff()
  private readonly speaker = new Speaker()
  private readonly words = new QualityWords()
  private stats = new StatsReader()
  private sampler = new Sampler()
  private sampledMs = 0
  private readonly publishing = signal(false)

  /** `link`: the signaling link is up. */
  constructor(
    private readonly capture: Capture,
    private readonly link: ReadonlySignal<boolean>,
    private readonly answerer: Answerer,
    private readonly ice: () => Promise<Ice>,
  ) {
    this.backoff.brisk = true
    effect(() => {
      const tracks = this.tracks()
      untracked(() => void this.active?.publish(tracks).catch(() => undefined))
    })
    effect(() => {
      void link.value
      untracked(() => void this.look())
    })
    setInterval(() => void this.measure(), MEASURE_MS)
    setInterval(() => void this.takeSample(), DUE_MS)
    const changed = () => {
      this.watcher.changed(performance.now())
      void this.look()
    }
    addEventListener('online', changed)
    ;(navigator as { connection?: EventTarget }).connection?.addEventListener('change', changed)
    document.addEventListener('visibilitychange', () => void this.look())
  }

  /** Points this tab's media at a room, or nowhere; repeating it changes nothing. */
  aim(target: Target | null): void {
    const before = this.target
    this.target = target
    this.publishing.value = target?.publish ?? false
    if (this.active && target && before?.room === target.room) this.remote.expect(this.active, target.first)
    if (!target) {
      this.closeAll('none')
    } else if (before?.room !== target.room) {
      this.closeAll('none')
      this.begin()
      this.start = setTimeout(() => void this.look(), target.publish ? 0 : RING_FIRST_MS)
    } else if (before.session !== target.session || this.peer.value === 'failed') {
      this.begin()
      this.drop()
      this.renew()
    } else if (target.layered && !(this.next?.peer ?? this.active)?.layered) {
      // In how many sizes a camera is sent is settled by the offer. Nobody goes back when it is two again.
      this.drop()
      this.renew()
    }
  }

  /** After `failed`: a person says that it is worth another try. */
  tryAgain(): void {
    this.begin()
    this.watcher.again(performance.now())
    void this.look()
  }

  /** The server says that what carried this room's media is gone: what was begun before goes there in vain. */
  movedAway(room: RoomId): void {
    if (room !== this.target?.room) return
    this.replacing.value = true
    this.begin()
    this.drop()
    this.renew()
  }

  /** A new connection now, however well the present one is. */
  renew(): void {
    this.watcher.ask()
    void this.look()
  }

  point(by: PersonId, on: PersonId, x: number, y: number): void {
    const pointer = this.pointers.own(by, on, x, y)
    if (pointer) this.active?.point(on, pointer.x, pointer.y)
  }

  /** For the debugging handle. */
  async report(): Promise<Record<string, unknown>[]> {
    const entries: Record<string, unknown>[] = []
    const report = await this.active?.pc.getStats()
    report?.forEach((entry: RTCStats) => entries.push({ ...entry }))
    return entries
  }

  /** For the debugging handle. */
  get slots(): readonly SlotFill[] {
    return this.active?.slots ?? []
  }

  /** For the debugging handle: the `pc_gen` of the connection in use. */
  get generation(): number {
    return this.active?.gen ?? 0
  }

  private tracks(): Tracks {
    if (!this.publishing.value) return SILENCE
    return { ...SILENCE, microphone: this.capture.microphone.value, camera: this.capture.camera.value }
  }

  private begin(): void {
    this.refusedForGood = false
    this.notBeforeMs = 0
    this.busyUntilMs.value = null
    this.backoff.reset()
  }

  /* ---- watching ---- */

  /** Counts, asks the watcher, and does what it says. */
  private look(): Promise<void> {
    this.looking ??= this.count().finally(() => {
      this.looking = null
      clearTimeout(this.watch)
      const pauseMs = this.lostSinceMs.value === null ? WATCH_MS : WATCH_LOST_MS
      if (this.target) this.watch = setTimeout(() => void this.look(), pauseMs)
    })
    return this.looking
  }

  private async count(): Promise<void> {
    const { target, active } = this
    if (!target || this.refusedForGood) return
    let counted: Counted = { bytes: 0, tracks: new Map(), playedMs: new Map() }
    if (active) counted = await readCounters(active.pc, active.slots).catch(() => counted)
    if (target.room !== this.target?.room || active !== this.active) return
    const now = performance.now()
    this.hear(counted.playedMs, now)
    const verdict = this.watcher.look({
      ...counted,
      now,
      state: active?.pc.connectionState ?? 'none',
      publishes: active?.publishes ?? false,
      link: this.link.peek(),
    })
    this.lostSinceMs.value = this.watcher.lostSinceMs
    this.obey(verdict)
  }

  private hear(playedMs: Counted['playedMs'], now: number): void {
    const fresh = [...playedMs].filter(([person]) => !this.heard.peek().has(person))
    if (fresh.length === 0) return
    this.heard.value = new Map([
      ...this.heard.peek(),
      ...fresh.map(([person, ms]) => [person, now - ms] as const),
    ])
  }

  private obey(verdict: Verdict): void {
    switch (verdict) {
      case 'well':
        this.drop()
        this.peer.value = 'connected'
        return
      case 'give_up':
        this.drop()
        this.peer.value = 'failed'
        return
      case 'wait':
        // What was asked over a dead link is not answered any more.
        if (!this.link.peek() && this.next && !this.next.answered) this.drop()
        break
      case 'renew':
        if (!this.next && performance.now() >= this.notBeforeMs) this.connect()
    }
    if (!this.active) this.peer.value = 'connecting'
    else if (this.watcher.lostSinceMs !== null) this.peer.value = 'recovering'
  }

  /* ---- a new connection ---- */

  private connect(): void {
    this.drop()
    const { target } = this
    if (!target) return
    if (!this.active) this.peer.value = 'connecting'
    const gen = ++this.pcGen
    const peer: Peer = new Peer(gen, target.layout, target.layered, {
      onOpen: () => void this.opened(attempt),
      onSlots: () => {
        if (peer === this.active) this.show()
      },
      onPointed: ({ by, on, x, y }) => this.pointers.add({ by, on, x, y, atMs: performance.now() }),
      onMoved: (reason) => this.moved(peer, reason),
      onState: (state) => {
        if (peer === this.active) void this.look()
        else if (state === 'failed') this.again(attempt)
      },
      onSilent: () => {
        if (peer === this.active) this.renew()
      },
    })
    const attempt: Attempt = { peer, answered: false, abort: new AbortController() }
    this.next = attempt
    this.readyBy = setTimeout(() => this.again(attempt), READY_MS)
    const answer = async (sdp: string): Promise<string> => {
      const answered = await this.answerer(target, gen, sdp, attempt.abort.signal)
      attempt.answered = true
      return answered
    }
    // In place of another it sends nothing until it has taken over, or the others would see this person twice.
    const tracks = this.active ? SILENCE : untracked(() => this.tracks())
    void peer
      .publish(tracks)
      .then(() => peer.open(this.ice(), answer))
      .catch((error: unknown) => this.refused(attempt, error))
  }

  /** It could take over; but the one it replaces may have come back meanwhile, and keeps everything as it is. */
  private async opened(attempt: Attempt): Promise<void> {
    clearTimeout(this.readyBy)
    if (this.active) {
      await this.looking
      await this.look()
    }
    if (attempt === this.next) this.takeOver(attempt.peer)
  }

  private takeOver(peer: Peer): void {
    const old = this.active
    this.active = peer
    this.next = null
    peer.ready()
    void peer.publish(untracked(() => this.tracks())).catch(() => undefined)
    this.watcher.renewed(performance.now())
    this.stats = new StatsReader()
    this.sampler = new Sampler()
    this.sampledMs = 0
    this.backoff.reset()
    this.speaker.set(peer.audioTracks())
    performance.mark('passline:peer-ready')
    batch(() => {
      this.peer.value = 'connected'
      this.lostSinceMs.value = null
      this.replacing.value = false
      this.busyUntilMs.value = null
      // The last pictures stay until the first slots are told.
      if (peer.slots.length > 0) this.show()
      this.remote.expect(peer, this.target?.first ?? null)
    })
    old?.close()
    void this.look()
  }

  private show(): void {
    if (this.active) this.remote.show(this.active, this.target?.layout.stage ?? 0)
    this.tellSizes()
  }

  private tellSizes(): void {
    for (const { mid, participant, source } of this.active?.slots ?? []) {
      const px = participant && source ? this.sizes.of(participant, source) : null
      if (px !== null) this.active?.slotSize(mid, px)
    }
  }

  private moved(peer: Peer, reason: MovedReason): void {
    if (peer !== this.active && peer !== this.next?.peer) return
    if (reason === 'restarting') {
      this.renew()
      return
    }
    // Left, removed, closed, or another tab took the seat: signaling says what is next.
    this.closeAll(reason === 'room_closed' || reason === 'left' ? 'none' : 'failed')
    this.refusedForGood = true
  }

  /** The attempt came to nothing: another one, later, if it is still needed. */
  private again(attempt: Attempt, retryAfterS: number | null = null): void {
    if (attempt !== this.next) return
    this.drop()
    this.notBeforeMs = performance.now() + Math.max(this.backoff.next(), (retryAfterS ?? 0) * 1000)
  }

  private refused(attempt: Attempt, error: unknown): void {
    if (attempt !== this.next) return
    if (error instanceof Refusal && FINAL.has(error.code)) {
      this.drop()
      this.refusedForGood = true
      if (!this.active || this.lostSinceMs.value !== null) this.peer.value = 'failed'
      return
    }
    this.again(attempt, error instanceof Refusal ? error.retryAfterS : null)
    const busy = error instanceof Refusal && error.code === 'busy'
    // Nobody waits for a better one in place of one that is well.
    const awaited = !this.active || this.lostSinceMs.value !== null
    this.busyUntilMs.value = busy && awaited ? this.notBeforeMs : null
    if (busy) this.watcher.again(performance.now()) // it is there, and will have room
  }

  private drop(): void {
    clearTimeout(this.readyBy)
    const attempt = this.next
    this.next = null
    attempt?.abort.abort()
    attempt?.peer.close()
  }

  private closeAll(state: PeerState): void {
    clearTimeout(this.start)
    this.drop()
    this.active?.close()
    this.active = null
    this.watcher = new Watcher(performance.now())
    this.speaker.set([])
    this.words.reset()
    batch(() => {
      this.peer.value = state
      this.lostSinceMs.value = null
      this.replacing.value = false
      this.busyUntilMs.value = null
      this.remote.clear()
      this.pointers.clear()
      this.quality.value = 'unknown'
      this.rates.value = NO_RATES
      this.sample.value = null
      this.heard.value = new Map()
    })
  }

  private async takeSample(): Promise<void> {
    const { active, sampler } = this
    const now = performance.now()
    if (!active || this.peer.value !== 'connected' || now - this.sampledMs < this.sampleMs - DUE_MS / 2)
      return
    this.sampledMs = now
    const report = await active.pc.getStats().catch(() => null)
    if (!report || active !== this.active) return
    this.sample.value = sampler.take(report, active.slots, performance.now()) ?? this.sample.value
  }

  private async measure(): Promise<void> {
    const peer = this.active
    if (!peer || this.peer.value !== 'connected') return
    const reading = await this.stats.read(peer.pc, peer.slots).catch(() => null)
    if (!reading || peer !== this.active) return
    batch(() => {
      this.quality.value = this.words.take(reading)
      this.rates.value = { sentFps: reading.sentFps, seenFps: reading.seenFps }
    })
  }
}
