/** An answer that ends in the middle is none. */
import { afterEach, expect, test, vi } from 'vitest'
import { call, download } from './http'

afterEach(() => vi.unstubAllGlobals())

/** A server that is killed after the first words. */
function cut(): void {
  const body = new ReadableStream({
    start: (answer) => answer.enqueue(new TextEncoder().encode('{"calls":[')),
    pull: (answer) => answer.error(new TypeError('network error')),
  })
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body)))
}

test.each([call, download])('says that one is offline where the answer was cut short', async (ask) => {
  cut()
  await expect(ask('GET', '/api/missed')).rejects.toMatchObject({ name: 'Refusal', code: 'offline' })
})
