/** Whether a microphone delivers samples, silent or not; and, for who stands before it, whether it hears anything. */
import { meter } from './level'
import { audioContext } from './sound'

/** As long as a camera may take for its first picture. */
const DELIVER_MS = 10_000
const STOP_MS = 1000
const HEAR_MS = 3000

export interface Heard {
  /** Null where the browser cannot tell. */
  delivers: boolean | null
  /** Null where nobody asked, or the browser holds sound back until a touch. */
  loud: boolean | null
}

/** The track is left as it is; `ear` also waits up to three seconds for a sound. */
export async function listen(
  track: MediaStreamTrack,
  { ear, signal }: { ear: boolean; signal?: AbortSignal },
): Promise<Heard> {
  const [delivers, loud] = await Promise.all([deliver(track, signal), ear ? hear(track, signal) : null])
  return { delivers, loud }
}

/** An encoder writes something even of silence, and nothing where no samples come. */
async function deliver(track: MediaStreamTrack, signal?: AbortSignal): Promise<boolean | null> {
  if (!('MediaRecorder' in globalThis)) return null
  const over = (): boolean => signal?.aborted ?? false
  const sum = { bytes: 0 }
  try {
    const recorder = new MediaRecorder(new MediaStream([track]))
    const stopped = new Promise<void>((resolve) => {
      recorder.onstop = () => resolve()
      recorder.onerror = () => resolve()
    })
    recorder.ondataavailable = ({ data }) => {
      sum.bytes += data.size
    }
    recorder.start(100)
    const untilMs = performance.now() + DELIVER_MS
    while (sum.bytes === 0 && performance.now() < untilMs && !over()) await pause(50)
    if (recorder.state !== 'inactive') recorder.stop()
    await Promise.race([stopped, pause(STOP_MS)])
  } catch {
    return null
  }
  return sum.bytes > 0
}

async function hear(track: MediaStreamTrack, signal?: AbortSignal): Promise<boolean | null> {
  if (audioContext()?.state !== 'running') return null
  const over = (): boolean => signal?.aborted ?? false
  const loudest = { level: 0 }
  const undo = meter(track, (level) => {
    loudest.level = Math.max(loudest.level, level)
  })
  const untilMs = performance.now() + HEAR_MS
  while (loudest.level === 0 && performance.now() < untilMs && !over()) await pause(50)
  undo()
  return loudest.level > 0
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
