import { describe, expect, it } from 'vitest'
import type { ProbeResult } from '../rtc/probe'
import { addressesOf } from '../rtc/probe'
import { SLOW_MS, judgeDirect, judgeRelay, overall, portsOf } from './verdict'

const good = (rttMs: number | null = 12): ProbeResult => ({
  state: 'reached',
  worker: 'media-0',
  addresses: ['203.0.113.5:7880'],
  over: 'udp',
  rttMs,
  tookMs: 80,
})
const overTcp: ProbeResult = {
  state: 'reached',
  worker: 'media-1',
  addresses: ['203.0.113.5:7881'],
  over: 'tcp',
  rttMs: 12,
  tookMs: 80,
}
const shut = (...addresses: string[]): ProbeResult => ({ state: 'blocked', worker: 'media-1', addresses })

describe('the ways of media', () => {
  it('are well when every worker was reached, and slow is not well', () => {
    expect(judgeDirect([good(), good(8)], 'none')).toMatchObject({
      state: 'good',
      words: 'doctor.media_good',
    })
    expect(judgeDirect([good(null)], 'none')).toMatchObject({ state: 'good', rttMs: null })
    expect(judgeDirect([good(SLOW_MS + 1)], 'none')).toMatchObject({
      state: 'weak',
      words: 'doctor.media_slow',
    })
  })
  it('name the ports that are shut, and nothing else', () => {
    const found = judgeDirect([good(), shut('203.0.113.5:7881', '127.0.0.1:7881')], 'works')
    expect(found).toMatchObject({ state: 'weak', words: 'doctor.media_some' })
    expect(found.values).toEqual({ where: '203.0.113.5:7881' })
  })
  it('are weak over TCP, and name what UDP would have to be let through to', () => {
    const found = judgeDirect([good(), overTcp], 'none')
    expect(found).toMatchObject({
      state: 'weak',
      words: 'doctor.media_tcp',
      values: { where: '203.0.113.5:7881' },
    })
    expect(found.lines[1]).toContain('reached over TCP in 80 ms')
    expect(judgeDirect([overTcp, shut('203.0.113.5:7880')], 'works').words).toBe('doctor.media_some')
  })
  it('are bad when none is open, unless the relay carries calls', () => {
    const all = [shut('203.0.113.5:7880'), shut('203.0.113.5:7881')]
    expect(judgeDirect(all, 'none')).toMatchObject({ state: 'bad', words: 'doctor.media_blocked' })
    expect(judgeDirect(all, 'fails')).toMatchObject({ state: 'bad', words: 'doctor.media_blocked_all' })
    expect(judgeDirect(all, 'works')).toMatchObject({ state: 'weak', words: 'doctor.media_relayed' })
  })
  it('need the relay only where there is no other', () => {
    const gone: ProbeResult = { state: 'no_relay', worker: 'media-0', addresses: [] }
    const urls = ['turn:turn.example:3478']
    expect(judgeRelay(gone, urls, true)).toMatchObject({ state: 'bad', words: 'doctor.relay_unreachable' })
    expect(judgeRelay(shut(), urls, false)).toMatchObject({ state: 'weak', words: 'doctor.relay_blocked' })
    expect(judgeRelay(good(), urls, false)).toMatchObject({ state: 'good', rttMs: 12 })
  })
})

describe('what a firewall is asked for', () => {
  it('is short: one host with its ports', () => {
    expect(portsOf(['10.0.0.1:7881', '10.0.0.2:7880', '10.0.0.1:7880', '10.0.0.1:9000'])).toBe(
      '10.0.0.1:7880-7881/9000, 10.0.0.2:7880',
    )
    expect(portsOf(['127.0.0.1:7880'])).toBe('127.0.0.1:7880')
    expect(portsOf(['[2001:db8::1]:7880'])).toBe('[2001:db8::1]:7880')
  })
  it('is read from the candidates of an answer', () => {
    const sdp =
      'a=candidate:1 1 udp 2130706431 203.0.113.5 7880 typ host\r\na=candidate:2 1 UDP 2 2001:db8::1 7880 typ host\r\n'
    expect(addressesOf(sdp)).toEqual(['203.0.113.5:7880', '[2001:db8::1]:7880'])
  })
})

describe('the verdict', () => {
  const of = (...states: Parameters<typeof overall>[0][number]['state'][]) =>
    overall(states.map((state) => ({ state })))
  it('is the worst of all, and waits for the rest unless something is bad already', () => {
    expect(of()).toBe('running')
    expect(of('good', 'good')).toBe('good')
    expect(of('good', 'unknown')).toBe('unknown')
    expect(of('weak', 'unknown', 'good')).toBe('weak')
    expect(of('weak', 'running')).toBe('running')
    expect(of('bad', 'running')).toBe('bad')
  })
})
