/** What a QR code in a camera's picture says: by the browser itself where it can, else by a worker of our own. */
import { trustedScript } from '../link/trusted'
import type { Reading } from './scan.worker'
// oxlint-disable-next-line import/default -- vite makes it the address of the built worker
import script from './scan.worker.ts?worker&url'

/** Larger pictures take longer and are read no better. */
const WIDEST_PX = 1280

export interface Decoder {
  /** Null where there is none. One picture at a time. Rejects if nothing can be read at all. */
  read(video: HTMLVideoElement): Promise<string | null>
  /** What is read at this moment is not answered any more. */
  close(): void
}

/** https://wicg.github.io/shape-detection-api/, not in every browser. */
interface BarcodeDetector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>
}
interface Detectors {
  new (options: { formats: string[] }): BarcodeDetector
  getSupportedFormats(): Promise<string[]>
}

export async function createDecoder(): Promise<Decoder> {
  const native = (globalThis as { BarcodeDetector?: Detectors }).BarcodeDetector
  if (native && (await native.getSupportedFormats().catch((): string[] => [])).includes('qr_code')) {
    const detector = new native({ formats: ['qr_code'] })
    return {
      read: async (video) => (await detector.detect(video))[0]?.rawValue ?? null,
      close: () => undefined,
    }
  }
  return ownDecoder()
}

/** Fetched only when somebody scans: a megabyte. */
function ownDecoder(): Decoder {
  const worker = new Worker(trustedScript(script), { type: 'module' })
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  return {
    read(video) {
      const scale = Math.min(1, WIDEST_PX / video.videoWidth)
      canvas.width = Math.round(video.videoWidth * scale)
      canvas.height = Math.round(video.videoHeight * scale)
      if (!context || canvas.width === 0 || canvas.height === 0) return Promise.resolve(null)
      context.drawImage(video, 0, 0, canvas.width, canvas.height)
      const picture = context.getImageData(0, 0, canvas.width, canvas.height)
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Reading>) =>
          'failed' in data ? reject(new Error(data.failed)) : resolve(data.text)
        worker.onerror = () => reject(new Error('the reader of codes could not be loaded'))
        worker.postMessage(picture, [picture.data.buffer])
      })
    },
    close: () => worker.terminate(),
  }
}
