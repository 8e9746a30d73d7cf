/** A photo at the camera's full resolution, as JPEG. */
import { Refusal } from '../link/refusal'

const QUALITY = 0.92
/** Largest body that the server takes. */
const MOST_BYTES = 12 * 1024 * 1024
const PHOTO_MS = 4000
/** The exposure settles after a change of resolution. */
const SETTLE_MS = 350

interface PhotoCapture {
  takePhoto(settings?: { imageWidth?: number; imageHeight?: number }): Promise<Blob>
  getPhotoCapabilities(): Promise<{ imageWidth?: { max: number }; imageHeight?: { max: number } }>
}
declare const ImageCapture: { new (track: MediaStreamTrack): PhotoCapture } | undefined

/** Rejects with Refusal `device_failed` when the camera gives nothing. */
export async function takeStill(track: MediaStreamTrack): Promise<Blob> {
  const blob = (await photo(track)) ?? (await fromVideo(track))
  if (!blob) throw new Refusal('device_failed', 'the camera gave no picture')
  return blob.type === 'image/jpeg' && blob.size <= MOST_BYTES ? blob : await again(blob)
}

/** The sensor's own photo, where the browser and the camera can; null otherwise. */
async function photo(track: MediaStreamTrack): Promise<Blob | null> {
  if (typeof ImageCapture === 'undefined') return null
  try {
    const capture = new ImageCapture(track)
    const can = await capture.getPhotoCapabilities()
    const most =
      can.imageWidth && can.imageHeight
        ? { imageWidth: can.imageWidth.max, imageHeight: can.imageHeight.max }
        : {}
    return await withTimeout(capture.takePhoto(most), PHOTO_MS)
  } catch {
    return null
  }
}

/** A frame of the track with its resolution turned up for the moment; what the call sees stays as the browser scales it. */
async function fromVideo(track: MediaStreamTrack): Promise<Blob | null> {
  const before = track.getConstraints()
  const most = track.getCapabilities?.()
  const larger = (most?.width?.max ?? 0) > (track.getSettings().width ?? 0)
  if (larger) {
    await track
      .applyConstraints({ width: { ideal: most?.width?.max }, height: { ideal: most?.height?.max } })
      .catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }
  const video = document.createElement('video')
  try {
    video.muted = true
    video.playsInline = true
    video.srcObject = new MediaStream([track])
    await withTimeout(video.play(), PHOTO_MS)
    const canvas = document.createElement('canvas')
    canvas.width = video.videoWidth
    canvas.height = video.videoHeight
    canvas.getContext('2d')?.drawImage(video, 0, 0)
    return await jpeg(canvas)
  } catch {
    return null
  } finally {
    video.srcObject = null
    if (larger) await track.applyConstraints(before).catch(() => undefined)
  }
}

/** PNG from some cameras, or a photo too large for the server: once more as JPEG. */
async function again(blob: Blob): Promise<Blob> {
  const picture = await createImageBitmap(blob)
  const canvas = document.createElement('canvas')
  canvas.width = picture.width
  canvas.height = picture.height
  canvas.getContext('2d')?.drawImage(picture, 0, 0)
  picture.close()
  const smaller = await jpeg(canvas)
  if (!smaller) throw new Refusal('device_failed', 'the picture could not be encoded')
  return smaller
}

const jpeg = (canvas: HTMLCanvasElement): Promise<Blob | null> =>
  new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))

function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Refusal('device_failed', 'timeout')), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
