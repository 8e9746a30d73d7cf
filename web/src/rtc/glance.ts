/** Whether a camera gives real pictures: looks at a few of them, small, and keeps none. */

const WIDTH = 160
const HEIGHT = 90
/** Enough where the picture moves; one that stands gets this many more chances. */
const FEW_LOOKS = 4
const MOST_LOOKS = 16
const EVERY_MS = 250
/** A camera that was asleep takes up to three seconds for its first picture, a busy device longer. */
const FIRST_MS = 10_000

export interface Glance {
  /** How many of the looks found a picture. */
  pictures: number
  /** Brightness of the brightest one, 0 to 255. */
  luma: number
  /** Whether two of them differed: a real sensor always has noise. */
  moved: boolean
}

const NOTHING: Glance = { pictures: 0, luma: 0, moved: false }

/** Takes about a second where all is well; stops looking when `signal` says so. The track is left as it is. */
export async function glance(track: MediaStreamTrack, signal?: AbortSignal): Promise<Glance> {
  const over = (): boolean => signal?.aborted ?? false
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = new MediaStream([track])
  const board = document.createElement('canvas')
  board.width = WIDTH
  board.height = HEIGHT
  const context = board.getContext('2d', { willReadFrequently: true })
  if (!context) return NOTHING
  try {
    void video.play().catch(() => undefined)
    const untilMs = performance.now() + FIRST_MS
    const there = (): boolean =>
      video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0
    while (!there() && performance.now() < untilMs && !over()) await pause(50)
    let found = NOTHING
    let before: Uint8ClampedArray | null = null
    for (let look = 0; look < MOST_LOOKS && there() && !over(); look++) {
      if (look >= FEW_LOOKS && found.moved) break
      context.drawImage(video, 0, 0, WIDTH, HEIGHT)
      const { data } = context.getImageData(0, 0, WIDTH, HEIGHT)
      found = {
        pictures: found.pictures + 1,
        luma: Math.max(found.luma, brightness(data)),
        moved: found.moved || (before !== null && differ(before, data)),
      }
      before = data
      await pause(EVERY_MS)
    }
    return found
  } finally {
    video.srcObject = null
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** ITU-R BT.601, of RGBA. */
function brightness(data: Uint8ClampedArray): number {
  let sum = 0
  for (let at = 0; at < data.length; at += 4)
    sum += 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!
  return sum / (data.length / 4)
}

function differ(one: Uint8ClampedArray, other: Uint8ClampedArray): boolean {
  return one.some((value, at) => value !== other[at])
}
