/** What arrives of whom, read from the slots of a connection. */
import { batch, signal } from '@preact/signals'
import type { PersonId } from '../contract'
import type { Peer } from './peer'

export interface RemoteMedia {
  person: PersonId
  camera: MediaStream | null
  screen: MediaStream | null
  audio: boolean
  /** The camera does not come because our link is too slow for it. */
  paused: boolean
}

export class Remote {
  readonly people = signal<ReadonlyMap<PersonId, RemoteMedia>>(new Map())
  readonly stage = signal<readonly PersonId[]>([])
  /** Whose camera the first pair will carry, before the slots say so. */
  readonly expected = signal<{ person: PersonId; camera: MediaStream } | null>(null)
  private readonly streams = new WeakMap<MediaStreamTrack, MediaStream>()

  /** In a call of two the first pair can only be the other's; an element that is tied in time misses no picture. */
  expect(peer: Peer, person: PersonId | null): void {
    const track = peer.firstPicture
    this.expected.value =
      person !== null && track && peer.slots.every(({ participant }) => !participant)
        ? { person, camera: this.streamOf(track) }
        : null
  }

  /** The camera of `person`, which arrives or is expected. */
  cameraOf(person: PersonId): MediaStream | null {
    const { value: expected } = this.expected
    return this.people.value.get(person)?.camera ?? (expected?.person === person ? expected.camera : null)
  }

  /** `peer` carries this now; its first `stagePairs` pairs of sections are the stage. */
  show(peer: Peer, stagePairs: number): void {
    const people = new Map<PersonId, RemoteMedia>()
    const stage: PersonId[] = []
    peer.slots.forEach(({ mid, participant, source, paused }, index) => {
      if (!participant) return
      const entry = people.get(participant) ?? {
        person: participant,
        camera: null,
        screen: null,
        audio: false,
        paused: false,
      }
      people.set(participant, entry)
      if (index < stagePairs * 2 && !stage.includes(participant)) stage.push(participant)
      const track = peer.trackOf(mid)
      if (!track) return
      if (source === 'camera') {
        entry.camera = this.streamOf(track)
        entry.paused = paused ?? false
      } else if (source === 'screen') entry.screen = this.streamOf(track)
      else entry.audio = true
    })
    batch(() => {
      this.people.value = people
      this.stage.value = stage
      if (people.size > 0) this.expected.value = null
    })
  }

  clear(): void {
    batch(() => {
      this.people.value = new Map()
      this.stage.value = []
      this.expected.value = null
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
}
