/** The camera as a scanner of QR codes: its picture in an element, each new text once, and the lamp where there is one. */
import type { DeviceProblem } from '../link/refusal'
import { createDecoder, type Decoder } from './decoder'
import { canCapture, problemOf, videoConstraints } from './devices'

/** Between two looks: a person holds the tablet still for longer, and the tablet stays cool. */
const PAUSE_MS = 150

export interface Scanner {
  /** Whether the camera has a lamp. */
  torch: boolean
  setTorch(on: boolean): Promise<void>
  /** Lets the camera go. */
  stop(): void
}

export class NoCamera extends Error {
  constructor(readonly problem: DeviceProblem) {
    super(problem)
  }
}

/** Shows the camera that looks away in `video` and tells `onText` what it reads, `onBroken` that it cannot. Rejects with NoCamera. */
export async function openScanner(
  video: HTMLVideoElement,
  events: { onText: (text: string) => void; onBroken: () => void },
): Promise<Scanner> {
  if (!canCapture()) throw new NoCamera('device_none')
  let stream: MediaStream
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: videoConstraints({ facing: 'environment' }),
    })
  } catch (error) {
    throw new NoCamera(problemOf(error))
  }
  const track = stream.getVideoTracks()[0]
  video.srcObject = stream
  let stopped = false
  let decoder: Decoder | null = null
  const stop = (): void => {
    stopped = true
    decoder?.close()
    for (const one of stream.getTracks()) one.stop()
    video.srcObject = null
  }
  void createDecoder()
    .then((made) => {
      decoder = made
      return look(video, made, events.onText, () => stopped)
    })
    .catch(events.onBroken)
  return {
    torch: Boolean((track?.getCapabilities?.() as { torch?: boolean } | undefined)?.torch),
    setTorch: async (on) => {
      await track?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] })
    },
    stop,
  }
}

async function look(
  video: HTMLVideoElement,
  decoder: Decoder,
  onText: (text: string) => void,
  stopped: () => boolean,
): Promise<void> {
  let last: string | null = null
  try {
    while (!stopped()) {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        const text = await decoder.read(video)
        if (text !== null && text !== last && !stopped()) {
          last = text
          onText(text)
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  } finally {
    decoder.close()
  }
}
