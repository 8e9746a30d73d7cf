/** Finds a QR code in a picture, for browsers that cannot. The only place where WebAssembly runs: see headers.py. */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

prepareZXingModule({ overrides: { locateFile: () => wasm } })

/** What was found in one picture; `failed` if pictures cannot be read here. */
export type Reading = { text: string | null } | { failed: string }

async function read(picture: ImageData): Promise<Reading> {
  try {
    const [found] = await readBarcodes(picture, { formats: ['QRCode'], maxNumberOfSymbols: 1 })
    return { text: found?.text ?? null }
  } catch (error) {
    return { failed: String(error) } // what is thrown here the page would never hear of
  }
}

self.onmessage = async (event: MessageEvent<ImageData>) => {
  self.postMessage(await read(event.data))
}
