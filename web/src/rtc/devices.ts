/** Cameras and microphones: what to ask for, what there is, and why one did not come. */
import type { DeviceProblem } from '../link/refusal'

export type Facing = 'user' | 'environment'

const DEFAULT_VIDEO = { width: 1280, height: 720, frameRate: 30 }

/** Tests set sessionStorage `passline.video` to e.g. `640x360` or `640x360@15`; anything else is ignored. */
function wantedVideo(): { width: number; height: number; frameRate: number } {
  const found = /^(\d{2,4})x(\d{2,4})(?:@(\d{1,2}))?$/.exec(readOverride('passline.video'))
  if (!found) return DEFAULT_VIDEO
  return { width: Number(found[1]), height: Number(found[2]), frameRate: Number(found[3] ?? 30) }
}

/** Tests set sessionStorage `passline.audio` to `raw`, so that a beep is not taken for noise. */
const wantsRawAudio = (): boolean => readOverride('passline.audio') === 'raw'

function readOverride(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

export interface CameraWish {
  facing: Facing
  /** Must be this one. */
  deviceId?: string | null
  /** The facing is a demand, not a preference (somebody pressed "switch camera"). */
  strict?: boolean
}

export function videoConstraints({ facing, deviceId, strict = false }: CameraWish): MediaTrackConstraints {
  const { width, height, frameRate } = wantedVideo()
  return {
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: frameRate, max: frameRate },
    ...(deviceId
      ? { deviceId: { exact: deviceId } }
      : { facingMode: strict ? { exact: facing } : { ideal: facing } }),
  }
}

export function audioConstraints(deviceId: string | null): MediaTrackConstraints {
  const processed = !wantsRawAudio()
  return {
    echoCancellation: processed,
    noiseSuppression: processed,
    autoGainControl: processed,
    channelCount: 1,
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  }
}

/** Names of getUserMedia's failures, https://w3c.github.io/mediacapture-main/#dom-mediadevices-getusermedia. */
export function problemOf(error: unknown): DeviceProblem {
  if (!(error instanceof DOMException) && !(error instanceof Error)) return 'device_failed'
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'device_denied'
    case 'NotReadableError':
    case 'AbortError':
    case 'TrackStartError':
      return 'device_in_use'
    case 'NotFoundError':
    case 'OverconstrainedError':
    case 'DevicesNotFoundError':
      return 'device_none'
    default:
      return 'device_failed'
  }
}

/** The browser offers devices only to a page from a secure origin. */
export const canCapture = (): boolean => Boolean(navigator.mediaDevices?.getUserMedia)

export async function listDevices(): Promise<{ cameras: MediaDeviceInfo[]; microphones: MediaDeviceInfo[] }> {
  if (!canCapture()) return { cameras: [], microphones: [] }
  const all = await navigator.mediaDevices.enumerateDevices()
  return {
    cameras: all.filter((device) => device.kind === 'videoinput'),
    microphones: all.filter((device) => device.kind === 'audioinput'),
  }
}
