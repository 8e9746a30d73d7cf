/**
 * The media of one room at a time: keeps a PeerConnection alive towards it, and says what arrives.
 *
 * A new connection (`pc_gen` + 1) is ready before the old one is let go: after a failure, when the signaling session
 * changed, when the worker moved us. What is published follows the capture, by `replaceTrack`.
 */
import { batch, effect, signal, untracked } from '@preact/signals'
import type { Layout, PersonId, Quality, RoomId, SessionId, SlotFill } from '../contract'
import { Backoff } from '../link/backoff'
import { Refusal } from '../link/refusal'
import type { Capture } from './capture'
import { Liveness } from './liveness'
import type { MovedReason, Tracks } from './peer'
import { Peer } from './peer'
import { QualityWords } from './quality'
import { Speaker } from './speaker'
import { StatsReader, receivedBytes } from './stats'

export type PeerState = 'none' | 'connecting' | 'connected' | 'recovering' | 'failed'

export interface RemoteMedia {
  person: PersonId
  camera: MediaStream | null
  screen: MediaStream | null
  audio: boolean
}

export interface Pointer {
  by: PersonId
  on: PersonId
  x: number
  y: number
  atMs: number
}

/** Where this tab's media goes. */
export interface Target {
  room: RoomId
  session: SessionId
  layout: Layout
  /** False while an expert is only rung: connected, but camera and microphone dark. */
  publish: boolean
}

export type Answerer = (target: Target, pcGen: number, sdp: string) => Promise<string>

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
const READY_MS = 8000
/** ICE often comes back by itself; after this it is replaced. */
const DISCONNECTED_MS = 3000
const WATCH_MS = 500
const MEASURE_MS = 2000
export const POINTER_MS = 1200
const MOST_POINTERS = 120
const POINT_EVERY_MS = 33

export class Media {
  readonly peer = signal<PeerState>('none')
  readonly remote = signal<ReadonlyMap<PersonId, RemoteMedia>>(new Map())
  readonly stage = signal<readonly PersonId[]>([])
  readonly quality = signal<Quality>('unknown')
  readonly pointers = signal<readonly Pointer[]>([])

  private target: Target | null = null
  private active: Peer | null = null
  private next: Peer | null = null
  private pcGen = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private readyBy: ReturnType<typeof setTimeout> | undefined
  private prune: ReturnType<typeof setTimeout> | undefined
  private lostSinceMs: number | null = null
  private lastPointMs = 0
  private readonly backoff = new Backoff()
  private readonly speaker = new Speaker()
  private readonly streams = new WeakMap<MediaStreamTrack, MediaStream>()
  private readonly words = new QualityWords()
  private stats = new StatsReader()
  private liveness = new Liveness()
  private watchedMs = 0
  private readonly publishing = signal(false)

  constructor(
    private readonly capture: Capture,
    private readonly answerer: Answerer,
  ) {
    effect(() => {
      const tracks = this.tracks()
      untracked(() => {
        for (const peer of [this.active, this.next]) void peer?.publish(tracks).catch(() => undefined)
      })
    })
    setInterval(() => void this.watch(), WATCH_MS)
    setInterval(() => void this.measure(), MEASURE_MS)
    addEventListener('online', () => this.renewIfShaky())
    document.addEventListener('visibilitychange', () => this.renewIfShaky())
  }

  /** Points this tab's media at a room, or nowhere; repeating it changes nothing. */
  aim(target: Target | null): void {
    const before = this.target
    this.target = target
    this.publishing.value = target?.publish ?? false
    if (!target) {
      this.closeAll('none')
      return
    }
    if (before?.room !== target.room) {
      this.closeAll('none')
      this.backoff.reset()
      if (target.publish) this.connect()
      else this.retry = setTimeout(() => this.connect(), RING_FIRST_MS)
    } else if (before.session !== target.session || this.peer.value === 'failed') {
      this.backoff.reset()
      this.connect()
    }
  }

  point(by: PersonId, on: PersonId, x: number, y: number): void {
    const now = performance.now()
    if (now - this.lastPointMs < POINT_EVERY_MS) return
    this.lastPointMs = now
    const at = { x: Math.max(0, Math.min(1, x)), y: Math.max(0, Math.min(1, y)) }
    this.active?.point(on, at.x, at.y)
    this.addPointer({ by, on, ...at, atMs: now })
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

  get generation(): number {
    return this.pcGen
  }

  private tracks(): Tracks {
    const on = this.publishing.value
    return {
      microphone: on ? this.capture.microphone.value : null,
      camera: on ? this.capture.camera.value : null,
      screen: null,
      screen_sound: null,
    }
  }

  private connect(): void {
    clearTimeout(this.retry)
    clearTimeout(this.readyBy)
    this.next?.close()
    const { target } = this
    if (!target) return
    this.peer.value = this.active
      ? 'recovering'
      : this.peer.value === 'recovering'
        ? 'recovering'
        : 'connecting'
    const gen = ++this.pcGen
    const peer: Peer = new Peer(target.layout, {
      onReady: () => this.ready(peer),
      onSlots: () => {
        if (peer === this.active) this.show()
      },
      onPointed: ({ by, on, x, y }) => this.addPointer({ by, on, x, y, atMs: performance.now() }),
      onMoved: (reason) => this.moved(peer, reason),
      onState: (state) => {
        if (peer === this.active) this.changed(state)
        else if (peer === this.next && state === 'failed') this.again(peer)
      },
      onSilent: () => {
        if (peer === this.active) this.renew()
      },
    })
    this.next = peer
    this.readyBy = setTimeout(() => this.again(peer), READY_MS)
    void peer
      .publish(untracked(() => this.tracks()))
      .then(() => peer.open((sdp) => this.answerer(target, gen, sdp)))
      .catch((error: unknown) => this.refused(peer, error))
  }

  private ready(peer: Peer): void {
    if (peer !== this.next) return
    clearTimeout(this.readyBy)
    const old = this.active
    this.active = peer
    this.next = null
    this.lostSinceMs = null
    this.stats = new StatsReader()
    this.liveness = new Liveness()
    this.backoff.reset()
    this.speaker.set(peer.audioTracks())
    performance.mark('passline:peer-ready')
    batch(() => {
      this.peer.value = 'connected'
      this.show()
    })
    old?.close()
  }

  private show(): void {
    const peer = this.active
    if (!peer) return
    const people = new Map<PersonId, RemoteMedia>()
    const stage: PersonId[] = []
    const stageMids = (this.target?.layout.stage ?? 0) * 2
    peer.slots.forEach(({ mid, participant, source }, index) => {
      if (!participant) return
      const entry = people.get(participant) ?? {
        person: participant,
        camera: null,
        screen: null,
        audio: false,
      }
      people.set(participant, entry)
      if (index < stageMids && !stage.includes(participant)) stage.push(participant)
      const track = peer.trackOf(mid)
      if (!track) return
      if (source === 'camera') entry.camera = this.streamOf(track)
      else if (source === 'screen') entry.screen = this.streamOf(track)
      else entry.audio = true
    })
    batch(() => {
      this.remote.value = people
      this.stage.value = stage
    })
  }

  /** The same stream for the same track, so that a <video> is not reset by a change elsewhere. */
  private streamOf(track: MediaStreamTrack): MediaStream {
    let stream = this.streams.get(track)
    if (!stream) {
      stream = new MediaStream([track])
      this.streams.set(track, stream)
    }
    return stream
  }

  private changed(state: RTCPeerConnectionState): void {
    switch (state) {
      case 'connected':
        this.lostSinceMs = null
        if (!this.next) this.peer.value = 'connected'
        return
      case 'disconnected':
        this.lostSinceMs ??= performance.now()
        return
      case 'failed':
      case 'closed':
        this.renew()
    }
  }

  private moved(peer: Peer, reason: MovedReason): void {
    if (peer !== this.active && peer !== this.next) return
    if (reason === 'restarting') {
      this.renew()
      return
    }
    // Left, removed, closed, or another tab took the seat: signaling says what is next.
    this.closeAll(reason === 'room_closed' || reason === 'left' ? 'none' : 'failed')
  }

  private renew(): void {
    if (this.next || !this.target) return
    this.schedule()
  }

  private renewIfShaky(): void {
    if (document.visibilityState !== 'visible' || !this.target) return
    if (this.lostSinceMs !== null && !this.next) this.connect()
    else if (this.peer.value === 'recovering' && !this.next) this.connect()
  }

  private async watch(): Promise<void> {
    const now = performance.now()
    if (this.lostSinceMs !== null && now - this.lostSinceMs > DISCONNECTED_MS && !this.next) this.connect()
    const peer = this.active
    if (!peer) return
    // A page that slept, or sends nothing that would be reported on, cannot tell silence from rest.
    if (now - this.watchedMs > 3 * WATCH_MS || !peer.publishes) this.liveness.excuse(now)
    this.watchedMs = now
    const bytes = await receivedBytes(peer.pc).catch(() => 0)
    if (peer === this.active && this.liveness.take(bytes, now) && !this.next) this.connect()
  }

  /** The attempt came to nothing: another one, later. */
  private again(peer: Peer): void {
    if (peer !== this.next) return
    peer.close()
    this.next = null
    this.schedule()
  }

  private refused(peer: Peer, error: unknown): void {
    if (peer !== this.next) return
    clearTimeout(this.readyBy)
    peer.close()
    this.next = null
    if (error instanceof Refusal && FINAL.has(error.code)) {
      if (!this.active) this.peer.value = 'failed'
      return
    }
    this.schedule(error instanceof Refusal ? error.retryAfterS : null)
  }

  private schedule(retryAfterS: number | null = null): void {
    clearTimeout(this.readyBy)
    clearTimeout(this.retry)
    if (this.peer.value === 'connected') this.peer.value = 'recovering'
    const delayMs = Math.max(this.backoff.next(), (retryAfterS ?? 0) * 1000)
    this.retry = setTimeout(() => this.connect(), delayMs)
  }

  private closeAll(state: PeerState): void {
    clearTimeout(this.retry)
    clearTimeout(this.readyBy)
    this.lostSinceMs = null
    this.active?.close()
    this.next?.close()
    this.active = null
    this.next = null
    this.speaker.set([])
    this.words.reset()
    batch(() => {
      this.peer.value = state
      this.remote.value = new Map()
      this.stage.value = []
      this.pointers.value = []
      this.quality.value = 'unknown'
    })
  }

  private async measure(): Promise<void> {
    const peer = this.active
    if (!peer || this.peer.value !== 'connected') return
    const reading = await this.stats.read(peer.pc, peer.slots).catch(() => null)
    if (reading && peer === this.active) this.quality.value = this.words.take(reading)
  }

  private addPointer(pointer: Pointer): void {
    const fresh = this.pointers.value.filter(({ atMs }) => pointer.atMs - atMs < POINTER_MS)
    this.pointers.value = [...fresh, pointer].slice(-MOST_POINTERS)
    clearTimeout(this.prune)
    this.prune = setTimeout(() => {
      this.pointers.value = []
    }, POINTER_MS)
  }
}
