/**
 * Decides about the connection to one room: leave it, wait for it, make a new one, stop hoping. Pure.
 *
 * Call `look` a few times a second and after every event, with what is counted by then, and do what it returns; begin a
 * new Watcher for a new room, and say `renewed` when a new connection has taken over. What counts is what arrives: ICE's
 * `disconnected` says nothing here. In an outage nothing can be offered, so it waits for the signaling link, and leaves
 * the old connection a moment to come back by itself; whoever sees `well` drops the attempt that was under way.
 */

/** What is known of the connection in use. */
export interface Pulse {
  /** performance.now() */
  now: number
  /** `none` before the first one. */
  state: RTCPeerConnectionState | 'none'
  /** Received so far, reports included. */
  bytes: number
  /** We publish, so the worker reports to us about each second. */
  publishes: boolean
  /** By mid, frames or packets so far of every track that the server says is live. */
  tracks: ReadonlyMap<string, number>
  /** The signaling link is up. */
  link: boolean
}

/** `well`: nothing to do. `wait`: go on with what was begun, begin nothing. `renew`: make a new connection now. */
export type Verdict = 'well' | 'wait' | 'renew' | 'give_up'

/** Nothing at all arrives although somebody is seen or heard. */
export const SILENT_MS = 2000
/** The same after the network of this device has changed: then silence needs no second proof. */
export const CHANGED_MS = 700
/** How long a change of network explains silence. */
const CHANGE_COUNTS_MS = 5000
/** Nothing at all arrives where only reports are due; two in a row are easily lost on a bad link. */
export const QUIET_MS = 5000
/** One track stands though others arrive: twice what the worker needs to say that its publisher is gone. */
export const STALLED_MS = 6000
/** A new connection that did not cure a standing track is not repeated at once. */
export const STALLED_AGAIN_MS = 20_000
/** The old connection's moment to come back when the link is back; it is often first, and keeps everything. */
export const RETURN_MS = 700
/** The server keeps a seat for 90 s of silence; after that there is nothing to come back to. */
export const GIVE_UP_MS = 90_000
/** So long between two looks means that the page slept: silence until now says nothing. */
const ASLEEP_MS = 3000

const BROKEN: ReadonlySet<Pulse['state']> = new Set(['none', 'failed', 'closed'])

export class Watcher {
  private bytes = 0
  private heardMs: number
  private lookedMs: number
  private changedMs = -Infinity
  private linkedMs = -Infinity
  private linked = true
  private stalledMs = -Infinity
  private lostMs: number | null = null
  private hopeUntilMs = 0
  private asked = false
  private readonly tracks = new Map<string, { units: number; movedMs: number }>()

  /** `now` is performance.now(), as everywhere here. */
  constructor(now: number) {
    this.heardMs = this.lookedMs = now
  }

  /** Since when nothing arrives, null while all is well. */
  get lostSinceMs(): number | null {
    return this.lostMs
  }

  look(pulse: Pulse): Verdict {
    const { now } = pulse
    if (now - this.lookedMs > ASLEEP_MS) this.excuse(now)
    this.lookedMs = now
    if (pulse.link && !this.linked) {
      this.linkedMs = now
      this.again(now)
    }
    this.linked = pulse.link
    this.count(pulse)
    if (this.isLost(pulse)) return this.lost(pulse)
    // What stood while nothing at all came is not to blame: a picture waits for a keyframe, and so moves last.
    if (this.lostMs !== null) this.excuse(now)
    this.lostMs = null
    if (this.asked) return pulse.link ? 'renew' : 'wait'
    return this.stalled(pulse)
  }

  /** The network of this device changed. */
  changed(now: number): void {
    this.changedMs = now
  }

  /** The server, or a new session, asks for a new connection, however well this one is. */
  ask(): void {
    this.asked = true
  }

  /** A new connection took over: nothing is known of it yet. */
  renewed(now: number): void {
    this.asked = false
    this.bytes = 0
    this.lostMs = null
    this.excuse(now)
    this.tracks.clear()
  }

  /** The link is back, or a person asks to try again: hope begins anew. */
  again(now: number): void {
    this.hopeUntilMs = now + GIVE_UP_MS
  }

  private excuse(now: number): void {
    this.heardMs = now
    for (const track of this.tracks.values()) track.movedMs = now
  }

  private count(pulse: Pulse): void {
    const { now } = pulse
    if (pulse.bytes > this.bytes) {
      this.bytes = pulse.bytes
      this.heardMs = now
    }
    for (const mid of this.tracks.keys()) if (!pulse.tracks.has(mid)) this.tracks.delete(mid)
    for (const [mid, units] of pulse.tracks) {
      const track = this.tracks.get(mid)
      if (!track || units !== track.units) this.tracks.set(mid, { units, movedMs: now })
    }
  }

  private isLost({ now, state, publishes, tracks }: Pulse): boolean {
    if (BROKEN.has(state)) return true
    if (state !== 'connected' && state !== 'disconnected') return false
    const silentMs = now - this.heardMs
    if (tracks.size > 0) {
      const changed = this.changedMs > this.heardMs && now - this.changedMs < CHANGE_COUNTS_MS
      return silentMs >= (changed ? CHANGED_MS : SILENT_MS)
    }
    return publishes && silentMs >= QUIET_MS
  }

  private lost({ now, state, link }: Pulse): Verdict {
    if (this.lostMs === null) {
      this.lostMs = this.heardMs
      this.hopeUntilMs = this.heardMs + GIVE_UP_MS
    }
    if (now >= this.hopeUntilMs) return 'give_up'
    if (!link) return 'wait'
    if (!this.asked && !BROKEN.has(state) && now - this.linkedMs < RETURN_MS) return 'wait'
    return 'renew'
  }

  private stalled({ now }: Pulse): Verdict {
    const standing = [...this.tracks.values()].some(({ movedMs }) => now - movedMs >= STALLED_MS)
    if (!standing) return 'well'
    if (now - this.stalledMs < STALLED_AGAIN_MS) return 'wait'
    this.stalledMs = now
    return 'renew'
  }
}
