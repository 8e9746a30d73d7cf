/** Tells the server what this tab measures of its media, and finds what to advise from the figures of both sides. */
import type { ReadonlySignal } from '@preact/signals'
import { effect, signal, untracked } from '@preact/signals'
import type {
  ClientMessage,
  ClientSample,
  PersonId,
  RoomState,
  SeenFigures,
  ServerMessage,
} from '../contract'
import { CROWD, CROWD_SAMPLE_MS, SAMPLE_MS } from '../contract'
import type { Advice } from './advice'
import { Advisor } from './advice'
import type { PeerState } from './api'
import { isPending, isSeated, memberOf, oppositeIn } from './room'

/** Two reports missing: what the other side said is no longer so. */
const FRESH_MS = 12_000

export interface CareInputs {
  sample: ReadonlySignal<ClientSample | null>
  peer: ReadonlySignal<PeerState>
  room: ReadonlySignal<RoomState | null>
  person: ReadonlySignal<PersonId | null>
  muted: ReadonlySignal<boolean>
  cameraOff: ReadonlySignal<boolean>
  setSampleMs: (ms: number) => void
  send: (message: ClientMessage) => void
  /** Monotonic. */
  nowMs: () => number
}

export class Care {
  readonly advice = signal<Advice | null>(null)
  private advisor: Advisor | null = null
  /** Which call and whom the advisor is about. */
  private about = ''
  private theirs: { atMs: number; by: PersonId; tracks: readonly SeenFigures[] } | null = null

  constructor(private readonly inputs: CareInputs) {
    effect(() => {
      const seated = inputs.room.value?.members.filter(isSeated).length ?? 0
      inputs.setSampleMs(seated > CROWD ? CROWD_SAMPLE_MS : SAMPLE_MS)
    })
    effect(() => {
      if (inputs.peer.value !== 'connected' || !inputs.room.value) untracked(() => this.forget())
    })
    effect(() => {
      const sample = inputs.sample.value
      if (sample) untracked(() => this.take(sample))
    })
  }

  /** The other one of a call says how it sees and hears us. */
  heard(message: Extract<ServerMessage, { type: 'seen' }>): void {
    if (message.room !== this.inputs.room.peek()?.id) return
    this.theirs = { atMs: this.inputs.nowMs(), by: message.by, tracks: message.tracks }
  }

  followed(): void {
    this.advisor?.done(this.inputs.nowMs())
    this.advice.value = null
  }

  private take(sample: ClientSample): void {
    const { inputs } = this
    const room = inputs.room.peek()
    const me = inputs.person.peek()
    if (!room || room.closed_at || me === null || (room.call && isPending(room.call))) return
    inputs.send({ type: 'report_figures', room: room.id, sample })
    const id = oppositeIn(room, me)
    const other = id === null ? null : memberOf(room, id)
    if (!other) {
      this.forget()
      return
    }
    const nowMs = inputs.nowMs()
    const about = `${room.id} ${other.person.id}`
    if (about !== this.about || !this.advisor) this.advisor = new Advisor(nowMs)
    this.about = about
    const { theirs } = this
    this.advice.value = this.advisor.take({
      nowMs,
      atStore: memberOf(room, me)?.person.role === 'store',
      other: { person: other.person.id, muted: other.muted, cameraOff: other.camera_off },
      self: { muted: inputs.muted.peek(), cameraOff: inputs.cameraOff.peek() },
      own: sample,
      theirs: theirs && theirs.by === other.person.id && nowMs - theirs.atMs < FRESH_MS ? theirs.tracks : [],
    })
  }

  private forget(): void {
    this.advisor = null
    this.theirs = null
    this.advice.value = null
  }
}
