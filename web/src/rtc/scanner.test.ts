/** A scanner whose reader fails says so, and one that is stopped leaves no worker behind. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openScanner } from './scanner'

const readBarcodes = vi.hoisted(() => vi.fn<() => Promise<{ text: string }[]>>())
vi.mock('zxing-wasm/reader', () => ({ prepareZXingModule: () => undefined, readBarcodes }))
vi.mock('zxing-wasm/reader/zxing_reader.wasm?url', () => ({ default: '/reader.wasm' }))
vi.mock('./scan.worker.ts?worker&url', () => ({ default: '/scan.js' }))

type Heard = (event: { data: unknown }) => void

/** What the worker's own script sees of its thread. */
const inside: { onmessage?: Heard; postMessage: Heard } = { postMessage: () => undefined }

class FakeWorker {
  static readonly made: FakeWorker[] = []
  onmessage: Heard = () => undefined
  terminated = false
  constructor() {
    FakeWorker.made.push(this)
    inside.postMessage = (data) => this.onmessage({ data })
  }
  postMessage(data: unknown): void {
    inside.onmessage?.({ data })
  }
  terminate(): void {
    this.terminated = true
  }
}

/** However slow this machine is. */
const PATIENCE = { timeout: 20_000 }
const video = { readyState: 2, videoWidth: 4, videoHeight: 4 } as HTMLVideoElement

beforeEach(async () => {
  FakeWorker.made.length = 0
  readBarcodes.mockReset()
  const stream = { getVideoTracks: () => [], getTracks: () => [] }
  const context = { drawImage: () => undefined, getImageData: () => ({ data: new Uint8ClampedArray(64) }) }
  vi.stubGlobal('self', inside)
  vi.stubGlobal('Worker', FakeWorker)
  vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 })
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => Promise.resolve(stream) } })
  vi.stubGlobal('document', { createElement: () => ({ getContext: () => context }) })
  await import('./scan.worker')
})
afterEach(() => vi.unstubAllGlobals())

test('what the camera shows is read once', async () => {
  readBarcodes.mockResolvedValue([{ text: '/q/0117FRYER0' }])
  const onText = vi.fn<(text: string) => void>()
  const scanner = await openScanner(video, { onText, onBroken: () => expect.unreachable() })
  await vi.waitFor(() => expect(readBarcodes.mock.calls.length).toBeGreaterThan(1), PATIENCE)
  expect(onText.mock.calls).toEqual([['/q/0117FRYER0']])
  scanner.stop()
})

test('a reader that cannot be loaded is said, and its worker ended', async () => {
  readBarcodes.mockRejectedValue(new Error('404'))
  const onBroken = vi.fn<() => void>()
  await openScanner(video, { onText: () => undefined, onBroken })
  await vi.waitFor(() => expect(onBroken).toHaveBeenCalledOnce(), PATIENCE)
  expect(FakeWorker.made.map((worker) => worker.terminated)).toEqual([true])
})

test('who stops while a picture is read leaves no worker behind', async () => {
  readBarcodes.mockReturnValue(new Promise(() => undefined))
  const scanner = await openScanner(video, { onText: () => undefined, onBroken: () => undefined })
  await vi.waitFor(() => expect(readBarcodes).toHaveBeenCalledOnce(), PATIENCE)
  scanner.stop()
  expect(FakeWorker.made.map((worker) => worker.terminated)).toEqual([true])
})
