// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CaptureState, LinkState } from './api'
import type { Body } from './checkup'
import { createCheckUp } from './checkup'
import * as device from './device'

vi.mock('../rtc/devices', () => ({ canCapture: () => true }))
vi.mock('./device', () => ({
  permission: vi.fn(() => Promise.resolve('granted')),
  lacks: () => [],
  isCurrent: () => Promise.resolve(true),
  storage: () => Promise.resolve({ writes: true, freeMb: null, kept: null }),
  battery: () => Promise.resolve(null),
}))

const LONG_MS = 300_000

/** A browser that never says whether its camera opens. */
function body() {
  const closeDevices = vi.fn()
  const stuck: Body = {
    link: signal<LinkState>('online'),
    capture: signal({ cameraProblem: null, microphoneProblem: null } as CaptureState),
    camera: signal(null),
    microphone: signal(null),
    openDevices: () => new Promise(() => undefined),
    closeDevices,
    aheadMs: () => 0,
    ways: () => Promise.reject(new Error('nobody answers')),
    ask: () => Promise.reject(new Error('nobody answers')),
    upload: () => Promise.resolve(),
    knock: () => Promise.resolve(),
  }
  return { checkUp: createCheckUp(stuck), closeDevices }
}

describe('a look at a browser that never says whether its camera opens', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  it('ends, lets go of what may still open, and says that no call will have a camera', async () => {
    const { checkUp, closeDevices } = body()
    const looked = checkUp.run({ attended: false })
    await vi.advanceTimersByTimeAsync(LONG_MS)
    const said = new Map((await looked)?.map((one) => [one.name, `${one.state} ${one.words}`]))
    expect(said.get('camera')).toBe('bad error.device_failed_camera')
    expect(said.get('microphone')).toBe('bad error.device_failed_microphone')
    expect(said.get('upload')).toBe('good doctor.upload_good')
    expect(closeDevices).toHaveBeenCalledTimes(1)
    expect(checkUp.running.value).toBe(false)
  })
  it('blames nothing while somebody may still be asked whether it may open', async () => {
    vi.mocked(device.permission).mockResolvedValueOnce('prompt').mockResolvedValueOnce('prompt')
    const { checkUp } = body()
    const looked = checkUp.run({ attended: true })
    await vi.advanceTimersByTimeAsync(LONG_MS)
    const camera = (await looked)?.find((one) => one.name === 'camera')
    expect([camera?.state, camera?.words]).toEqual(['unknown', 'doctor.not_known'])
  })
  it('is given up at once by whoever asked, and can begin again', async () => {
    const { checkUp, closeDevices } = body()
    const stop = new AbortController()
    const looked = checkUp.run({ attended: false, signal: stop.signal })
    await vi.advanceTimersByTimeAsync(1000)
    stop.abort()
    expect(await looked).toBe(null)
    expect(closeDevices).toHaveBeenCalledTimes(1)
    const again = checkUp.run({ attended: false })
    await vi.advanceTimersByTimeAsync(LONG_MS)
    expect((await again)?.length).toBeGreaterThan(0)
  })
})
