import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ServerMessage } from '../contract'
import { COUNT_MS, LiveHealth } from './health'

const report = (tablet: string, abandoned = false): ServerMessage => ({
  type: 'self_tested',
  tablet,
  abandoned,
})

describe('what headquarters hears of self-tests', () => {
  let failing = 3
  const fetched = vi.fn(() => Promise.resolve(new Response(JSON.stringify({ failing }))))

  beforeEach(() => {
    vi.useFakeTimers()
    fetched.mockClear()
    failing = 3
    vi.stubGlobal('fetch', fetched)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('counts the stores that will fail at once, and a night of reports now and then', async () => {
    const health = new LiveHealth()
    health.count()
    await vi.advanceTimersByTimeAsync(0)
    expect([health.failing.value, fetched.mock.calls.length]).toEqual([3, 1])
    expect(fetched.mock.calls[0]).toContain('/api/self-tests?count=true')
    failing = 2
    for (let n = 0; n < 500; n++) expect(health.take(report(`p-${n}`))).toBe(true)
    await vi.advanceTimersByTimeAsync(COUNT_MS - 1)
    expect(fetched).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect([health.failing.value, fetched.mock.calls.length]).toEqual([2, 2])
    await vi.advanceTimersByTimeAsync(10 * COUNT_MS)
    expect(fetched).toHaveBeenCalledTimes(2)
  })
  it('tells each report, and counts nothing for one that was given up', async () => {
    const health = new LiveHealth()
    expect(health.take(report('p-1', true))).toBe(true)
    expect(health.told.value).toEqual({ tablet: 'p-1', abandoned: true })
    await vi.advanceTimersByTimeAsync(COUNT_MS)
    expect(fetched).not.toHaveBeenCalled()
  })
  it('forgets all of it with who was signed in', async () => {
    const health = new LiveHealth()
    health.take(report('p-1'))
    health.clear()
    await vi.advanceTimersByTimeAsync(COUNT_MS)
    expect([fetched.mock.calls.length, health.told.value, health.failing.value]).toEqual([0, null, null])
  })
})
