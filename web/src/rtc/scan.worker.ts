/** Finds a QR code in a picture, for browsers that cannot. The only place where WebAssembly runs: see headers.py. */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

prepareZXingModule({ overrides: { locateFile: () => wasm } })

self.onmessage = async (event: MessageEvent<ImageData>) => {
  const [found] = await readBarcodes(event.data, { formats: ['QRCode'], maxNumberOfSymbols: 1 })
  self.postMessage(found?.text ?? null)
}
