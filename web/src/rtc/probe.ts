/**
 * Tries one way of media to one worker: a PeerConnection as a call would make it, without a track, let go at once.
 *
 * It counts as reached once the data channel is open: then ICE, DTLS and SCTP have come through in both directions.
 */
import type { Ice, ProbeAnswer, ProbeOffer } from '../contract'
import { addSections } from './offer'
import { pairInUse, roundTripMs } from './pair'

/** On a network with 30 % loss a connection stands within 4 s; a browser itself would look for 15 s and more. */
const PATIENCE_MS = 6000
/** For `ready` to leave, and the server's word that it is over to come. */
const GOODBYE_MS = 2000
const NOTHING = { stage: 0, floor: 0 }

export type ProbeResult = {
  /** Null when nobody said which one it would have been. */
  worker: string | null
  /** `host:port` of UDP: where it was reached, or all that were tried. */
  addresses: string[]
} & (
  | { state: 'reached'; over: 'udp' | 'tcp'; rttMs: number | null; tookMs: number }
  /** Nothing came back. */
  | { state: 'blocked' }
  /** The TURN server gave no relay: it is not there, or the network lets nobody to it. */
  | { state: 'no_relay' }
  /** This browser makes no PeerConnection. */
  | { state: 'unsupported' }
)

/** `host:port` of every UDP candidate of an answer. */
export function addressesOf(sdp: string): string[] {
  const found = sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ /gim)
  return [...found].map(([, host, port]) => where(host!, port!))
}

const where = (host: string, port: string | number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

interface Far {
  address?: string
  port?: number
  protocol?: string
}

/** Which address of ours the pair in use goes to, over what, and how long a round trip is. */
async function selected(
  pc: RTCPeerConnection,
): Promise<{ address: string | null; over: 'udp' | 'tcp'; rttMs: number | null }> {
  const report = await pc.getStats()
  const pair = pairInUse(report)
  const far = pair && (report.get(pair.remoteCandidateId ?? '') as Far | undefined)
  return {
    address: far?.address && far.port ? where(far.address, far.port) : null,
    over: far?.protocol === 'tcp' ? 'tcp' : 'udp',
    rttMs: roundTripMs(report),
  }
}

/** Resolves when it is known, after PATIENCE_MS at the latest; rejects with what `ask` rejects with. */
export async function probe(
  way: ProbeOffer['way'],
  ice: Ice,
  worker: string | null,
  ask: (offer: ProbeOffer) => Promise<ProbeAnswer>,
): Promise<{ result: ProbeResult; workers: string[] }> {
  if (!('RTCPeerConnection' in globalThis))
    return { result: { state: 'unsupported', worker, addresses: [] }, workers: [] }
  const relayed = way === 'relay'
  const pc = new RTCPeerConnection({
    bundlePolicy: 'max-bundle',
    iceServers: relayed ? ice.servers : [],
    iceTransportPolicy: relayed ? 'relay' : 'all',
  })
  let relays = 0
  pc.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate) relays++
  }
  try {
    const { channel } = addSections(pc, NOTHING, false)
    const opened = new Promise<boolean>((resolve) => {
      channel.onopen = () => resolve(true)
    })
    await pc.setLocalDescription()
    const answer = await ask({ way, worker, sdp: pc.localDescription?.sdp ?? '' })
    const { workers } = answer
    const said = { worker: answer.worker, addresses: addressesOf(answer.sdp) }
    const startMs = performance.now()
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    if (!(await within(opened, PATIENCE_MS))) {
      const state = relayed && relays === 0 ? 'no_relay' : 'blocked'
      return { result: { ...said, state }, workers }
    }
    const tookMs = performance.now() - startMs
    const { address, over, rttMs } = await selected(pc)
    // The server counts what said `ready`, and closes it.
    const closed = new Promise<boolean>((resolve) => {
      channel.onmessage = channel.onclose = () => resolve(true)
    })
    channel.send(JSON.stringify({ type: 'ready' }))
    await within(closed, GOODBYE_MS)
    return {
      result: {
        ...said,
        addresses: address ? [address] : said.addresses,
        state: 'reached',
        over,
        rttMs,
        tookMs,
      },
      workers,
    }
  } finally {
    pc.close()
  }
}

/** Whether it happened in time. */
function within(event: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  return Promise.race([event, late]).finally(() => clearTimeout(timer))
}
