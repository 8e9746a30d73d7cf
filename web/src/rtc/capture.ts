/**
 * The one owner of camera and microphone.
 *
 * Others read `camera` and `microphone` (tracks that change under them: a switch, an unplugged device, camera off) and
 * never stop or clone them. A track that ends by itself is fetched again.
 */
import type { ReadonlySignal, Signal } from '@preact/signals'
import { batch, computed, signal } from '@preact/signals'
import type { DeviceProblem } from '../link/refusal'
import type { Facing } from './devices'
import { audioConstraints, canCapture, listDevices, problemOf, videoConstraints } from './devices'

export interface CaptureState {
  state: 'off' | 'asking' | 'on' | 'partial' | 'failed'
  cameraProblem: DeviceProblem | null
  microphoneProblem: DeviceProblem | null
}

/** Time for a bumped plug or another program to let go. */
const REACQUIRE_MS = 700

type Kind = 'audio' | 'video'

export class Capture {
  private readonly asking = signal(false)
  private readonly wanted = signal(false)
  private readonly problems: Record<Kind, Signal<DeviceProblem | null>> = {
    audio: signal(null),
    video: signal(null),
  }
  private chain: Promise<void> = Promise.resolve()
  private cameraId: string | null = null
  private microphoneId: string | null = null
  private preferred: Facing = 'user'
  private retry: ReturnType<typeof setTimeout> | undefined

  readonly camera = signal<MediaStreamTrack | null>(null)
  readonly microphone = signal<MediaStreamTrack | null>(null)
  readonly muted = signal(false)
  readonly cameraOff = signal(false)
  readonly facing = signal<Facing | null>(null)
  readonly cameras = signal<readonly MediaDeviceInfo[]>([])
  readonly microphones = signal<readonly MediaDeviceInfo[]>([])
  readonly state: ReadonlySignal<CaptureState>
  readonly preview: ReadonlySignal<MediaStream | null>

  constructor() {
    this.state = computed(() => {
      const cameraProblem = this.problems.video.value
      const microphoneProblem = this.problems.audio.value
      const asked = { cameraProblem, microphoneProblem }
      if (!this.wanted.value) return { state: 'off', ...asked }
      if (this.asking.value) return { state: 'asking', ...asked }
      const camera = this.camera.value !== null || this.cameraOff.value
      const microphone = this.microphone.value !== null
      if (camera && microphone) return { state: 'on', ...asked }
      return { state: camera || microphone ? 'partial' : 'failed', ...asked }
    })
    this.preview = computed(() => (this.camera.value ? new MediaStream([this.camera.value]) : null))
    if (canCapture()) navigator.mediaDevices.addEventListener('devicechange', () => void this.onDevices())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.refetchSoon(0)
    })
  }

  /** Which way the camera should look when it is opened the first time. */
  prefer(facing: Facing): void {
    if (!this.wanted.value) this.preferred = facing
  }

  /** Opens what is missing; never rejects, see `state`. */
  open(): Promise<void> {
    this.wanted.value = true
    return this.queue(() => this.fill())
  }

  /** Lets both go: the lamp goes out. */
  close(): void {
    clearTimeout(this.retry)
    this.wanted.value = false
    void this.queue(() => {
      if (!this.wanted.value) {
        this.release('video')
        this.release('audio')
        batch(() => {
          this.muted.value = false
          this.cameraOff.value = false
          this.problems.audio.value = null
          this.problems.video.value = null
        })
      }
      return Promise.resolve()
    })
  }

  setMuted(muted: boolean): void {
    this.muted.value = muted
    if (this.microphone.value) this.microphone.value.enabled = !muted
  }

  setCameraOff(off: boolean): Promise<void> {
    if (this.cameraOff.value === off) return Promise.resolve()
    this.cameraOff.value = off
    return this.queue(async () => {
      if (this.cameraOff.value) this.release('video')
      else if (this.wanted.value) await this.fill()
    })
  }

  /** Front/back where the device knows; else the next camera of the list. The old one is back if the new one fails. */
  switchCamera(): Promise<void> {
    return this.queue(async () => {
      const before = { id: this.cameraId, facing: this.preferred }
      const facing = this.facing.value
      if (facing) {
        this.cameraId = null
        this.preferred = facing === 'user' ? 'environment' : 'user'
      } else {
        const list = this.cameras.value
        const now = this.camera.value?.getSettings().deviceId
        const next =
          list[(list.findIndex((device) => device.deviceId === now) + 1) % Math.max(1, list.length)]
        if (!next || next.deviceId === now) return
        this.cameraId = next.deviceId
      }
      // A phone opens one camera at a time: the old one must go first.
      this.release('video')
      if (!(await this.fetch('video', facing !== null))) {
        this.cameraId = before.id
        this.preferred = before.facing
        await this.fetch('video', false)
      }
    })
  }

  useCamera(id: string): Promise<void> {
    return this.queue(async () => {
      this.cameraId = id
      this.release('video')
      if (!this.cameraOff.value) await this.fetch('video', false)
    })
  }

  useMicrophone(id: string): Promise<void> {
    return this.queue(async () => {
      this.microphoneId = id
      this.release('audio')
      await this.fetch('audio', false)
    })
  }

  /** One change after the other: two presses must not open two cameras. */
  private queue(work: () => Promise<void>): Promise<void> {
    this.chain = this.chain.then(work, work)
    return this.chain
  }

  private async fill(): Promise<void> {
    const needCamera = this.camera.value === null && !this.cameraOff.value
    const needMicrophone = this.microphone.value === null
    if (!this.wanted.value || (!needCamera && !needMicrophone)) return
    this.asking.value = true
    try {
      // One question for both where possible; apart when one of them fails.
      if (needCamera && needMicrophone && (await this.fetchBoth())) return
      if (needMicrophone) await this.fetch('audio', false)
      if (needCamera) await this.fetch('video', false)
    } finally {
      this.asking.value = false
      await this.readDevices()
    }
  }

  private constraints(kind: Kind, strict: boolean): MediaStreamConstraints {
    return kind === 'audio'
      ? { audio: audioConstraints(this.microphoneId) }
      : { video: videoConstraints({ facing: this.preferred, deviceId: this.cameraId, strict }) }
  }

  private async fetchBoth(): Promise<boolean> {
    if (!canCapture()) return false
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        ...this.constraints('audio', false),
        ...this.constraints('video', false),
      })
      batch(() => {
        for (const track of stream.getTracks()) this.adopt(track)
      })
      return true
    } catch {
      return false
    }
  }

  private async fetch(kind: Kind, strict: boolean): Promise<boolean> {
    if (!canCapture()) {
      this.problems[kind].value = 'device_insecure'
      return false
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.constraints(kind, strict))
      batch(() => {
        for (const track of stream.getTracks()) this.adopt(track)
      })
      return true
    } catch (error) {
      // A device that was chosen by id may be gone: any other will do.
      const chosen = kind === 'video' ? this.cameraId : this.microphoneId
      if (chosen !== null && !strict) {
        if (kind === 'video') this.cameraId = null
        else this.microphoneId = null
        return this.fetch(kind, false)
      }
      this.problems[kind].value = problemOf(error)
      return false
    }
  }

  private adopt(track: MediaStreamTrack): void {
    if (!this.wanted.value) {
      track.stop()
      return
    }
    const kind: Kind = track.kind === 'audio' ? 'audio' : 'video'
    this.problems[kind].value = null
    track.addEventListener('ended', () => {
      const mine = kind === 'audio' ? this.microphone : this.camera
      if (mine.value !== track) return
      mine.value = null
      this.refetchSoon(REACQUIRE_MS)
    })
    if (kind === 'audio') {
      track.enabled = !this.muted.value
      track.contentHint = 'speech'
      this.microphone.value = track
    } else {
      track.contentHint = 'motion'
      const facing = track.getSettings().facingMode
      this.facing.value = facing === 'user' || facing === 'environment' ? facing : null
      this.camera.value = track
    }
  }

  private release(kind: Kind): void {
    const held = kind === 'audio' ? this.microphone : this.camera
    const track = held.value
    held.value = null
    track?.stop()
  }

  private refetchSoon(delayMs: number): void {
    if (!this.wanted.value) return
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.queue(() => this.fill()), delayMs)
  }

  private async onDevices(): Promise<void> {
    await this.readDevices()
    this.refetchSoon(REACQUIRE_MS)
  }

  private async readDevices(): Promise<void> {
    const { cameras, microphones } = await listDevices().catch(() => ({ cameras: [], microphones: [] }))
    batch(() => {
      this.cameras.value = cameras
      this.microphones.value = microphones
    })
  }
}
