/** What the tried ways of media mean for a call, as words' keys: rules only, no browser. */
import type { ProbeResult } from '../rtc/probe'
import type { Check } from './api'

/** From here on people begin to talk at the same time (ITU-T G.114 says 150 ms one way). */
export const SLOW_MS = 300

type Found = Omit<Check, 'name'>

export const reached = (result: ProbeResult | null): boolean => result?.state === 'reached'

/** Each result as a line for whoever mends it. */
export function linesOf(results: readonly ProbeResult[]): string[] {
  return results.map((one) => {
    const where = `${one.worker ?? '?'} ${one.addresses.join(' ')}`
    return one.state === 'reached'
      ? `${where}: reached ${one.over === 'tcp' ? 'over TCP ' : ''}in ${Math.round(one.tookMs)} ms, rtt ${one.rttMs === null ? '?' : one.rttMs.toFixed(1)} ms`
      : `${where}: ${one.state}`
  })
}

/** The way back, of the middle one of those that were reached. */
function rttOf(results: readonly ProbeResult[]): number | null {
  const times = results.flatMap((one) => (one.state === 'reached' && one.rttMs !== null ? [one.rttMs] : []))
  return times.sort((a, b) => a - b)[times.length >> 1] ?? null
}

/** Neighbouring ports as one: `7880-7881`. */
function ranges(ports: readonly number[]): string {
  const made: [number, number][] = []
  for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
    const last = made.at(-1)
    if (last && last[1] === port - 1) last[1] = port
    else made.push([port, port])
  }
  return made.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join('/')
}

/**
 * What a firewall must let through, one `host:ports` each. Loopback is offered too, for a browser on the server itself;
 * elsewhere it is nobody's address to open.
 */
export function portsOf(addresses: readonly string[]): string {
  const hosts = new Map<string, number[]>()
  for (const address of addresses) {
    const colon = address.lastIndexOf(':')
    const host = address.slice(0, colon)
    hosts.set(host, [...(hosts.get(host) ?? []), Number(address.slice(colon + 1))])
  }
  const others = [...hosts.keys()].filter((host) => !host.startsWith('127.'))
  return (others.length > 0 ? others : [...hosts.keys()])
    .map((host) => `${host}:${ranges(hosts.get(host) ?? [])}`)
    .join(', ')
}

/** Straight to every worker, by UDP or at least over TCP. `relay`: whether there is one, and whether it works. */
export function judgeDirect(results: readonly ProbeResult[], relay: 'none' | 'works' | 'fails'): Found {
  const lines = linesOf(results)
  const rttMs = rttOf(results)
  const closed = results.filter((one) => !reached(one))
  const slowly = results.filter((one) => one.state === 'reached' && one.over === 'tcp')
  const where = portsOf([...closed, ...slowly].flatMap((one) => one.addresses))
  if (results.some((one) => one.state === 'unsupported'))
    return { state: 'bad', words: 'doctor.media_unsupported', rttMs, lines }
  if (closed.length === 0 && slowly.length > 0)
    return { state: 'weak', words: 'doctor.media_tcp', values: { where }, rttMs, lines }
  if (closed.length === 0)
    return rttMs !== null && rttMs > SLOW_MS
      ? { state: 'weak', words: 'doctor.media_slow', rttMs, lines }
      : { state: 'good', words: 'doctor.media_good', rttMs, lines }
  if (closed.length < results.length)
    return { state: 'weak', words: 'doctor.media_some', values: { where }, rttMs, lines }
  if (relay === 'works')
    return { state: 'weak', words: 'doctor.media_relayed', values: { where }, rttMs, lines }
  return {
    state: 'bad',
    words: relay === 'none' ? 'doctor.media_blocked' : 'doctor.media_blocked_all',
    values: { where },
    rttMs,
    lines,
  }
}

/** Through the chain's own TURN server. `needed`: there is no other way. */
export function judgeRelay(result: ProbeResult, servers: readonly string[], needed: boolean): Found {
  const lines = [...servers, ...linesOf([result])]
  if (result.state === 'reached')
    return { state: 'good', words: 'doctor.relay_good', rttMs: result.rttMs, lines }
  return {
    state: needed ? 'bad' : 'weak',
    words: result.state === 'no_relay' ? 'doctor.relay_unreachable' : 'doctor.relay_blocked',
    values: { where: servers.join(', ') },
    rttMs: null,
    lines,
  }
}

const WORST = ['bad', 'weak', 'unknown', 'running', 'good'] as const

/** All of it in one word: the worst that is known, `running` while something is still looked at and nothing is bad. */
export function overall(checks: readonly Pick<Check, 'state'>[]): Check['state'] {
  if (checks.length === 0) return 'running'
  const running = checks.some((check) => check.state === 'running')
  const worst = WORST.find((state) => checks.some((check) => check.state === state)) ?? 'good'
  return running && worst !== 'bad' ? 'running' : worst
}
