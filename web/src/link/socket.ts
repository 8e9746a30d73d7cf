/**
 * The signaling WebSocket: connects, says hello, notices silence, and comes back by itself.
 *
 * States: idle → connecting → online ⇄ offline → ended. `ended` is final until `start` is called again. What goes over
 * it (commands, chat) is resent by its owners at `onWelcome`, never here: the socket promises nothing.
 */
import type { Bye, ClientMessage, Hello, ServerMessage, Welcome } from '../contract'
import { PROTOCOL_VERSION } from '../contract'
import { Backoff, HEALTHY_MS } from './backoff'
import { Unanswered } from './hedged'
import { Refusal } from './refusal'
import type { Ticker } from './ticker'
import { createTicker } from './ticker'

export type LinkState = 'idle' | 'connecting' | 'online' | 'offline' | 'ended'

const PING_MS = 5000
const BRISK_PING_MS = 1000
/** Once it is open, welcome must come within this. */
const HELLO_MS = 6000
/**
 * A connection that is not open by now is given up for a fresh one: the system repeats the first packet of one that fell
 * into an outage after 1, 3, 7, 15 s, so that an old one finds the network seconds after it is back.
 */
export const OPEN_MS = 4000
/** Chromium holds a page's next WebSocket back by up to 5 s after about twelve that failed: an attempt must outlast that. */
export const PATIENT_OPEN_MS = 12_000
const PATIENT_AFTER = 10

export interface SocketOptions {
  url: string
  /** A fresh ticket; rejects with Refusal `sign_in` when the person is signed out. */
  ticket: () => Promise<string>
  /** What this browser profile is called, what it already has, and whether somebody sits before it. */
  identity: () => Promise<Pick<Hello, 'device' | 'cursors' | 'here'>>
  onState: (state: LinkState) => void
  onWelcome: (welcome: Welcome) => void
  onMessage: (message: ServerMessage) => void
  onBye: (code: Bye['code']) => void
  /** The server's clock, read between `sentMs` and now (performance.now()). */
  onClock?: (serverMs: number, sentMs: number) => void
  open?: (url: string) => WebSocket
  ticker?: Ticker
  random?: () => number
}

type Introduction = Pick<Hello, 'ticket' | 'device' | 'cursors' | 'here'>

export class Socket {
  private state: LinkState = 'idle'
  private ws: WebSocket | null = null
  private resume: string | null = null
  private retry: ReturnType<typeof setTimeout> | undefined
  private deadline: ReturnType<typeof setTimeout> | undefined
  private healthy: ReturnType<typeof setTimeout> | undefined
  private attempt = 0
  private ping = 0
  private askedMs = 0
  private beatMs = 0
  private missed = 0
  /** Attempts in a row that the network swallowed; 0 once anything answers, and be it a refusal. */
  private unanswered = 0
  private brisk = false
  private welcomed = false
  private readonly backoff: Backoff
  private readonly ticker: Ticker

  constructor(private readonly options: SocketOptions) {
    this.backoff = new Backoff(options.random)
    this.ticker = options.ticker ?? createTicker()
  }

  start(): void {
    if (this.state !== 'idle' && this.state !== 'ended') return
    this.resume = null
    this.backoff.reset()
    this.become('connecting')
    void this.connect()
  }

  /** Ends for good; `start` begins a new session. */
  stop(): void {
    this.drop()
    clearTimeout(this.retry)
    this.resume = null
    this.become('idle')
  }

  /** In a call silence is noticed after 2 s instead of 10. */
  setBrisk(brisk: boolean): void {
    if (this.brisk === brisk) return
    this.brisk = brisk
    this.backoff.brisk = brisk
    if (this.welcomed) this.beat()
  }

  /** The world changed (network back, page shown): try now, or ask at once whether the socket still lives. */
  nudge(): void {
    if (this.state === 'offline' || (this.state === 'connecting' && this.ws === null)) {
      clearTimeout(this.retry)
      void this.connect()
    } else if (this.welcomed) {
      this.onBeat()
    }
  }

  /** True when the frame went into a welcomed socket (which is no promise that it arrives). */
  send(message: ClientMessage): boolean {
    if (!this.welcomed || this.ws?.readyState !== WebSocket.OPEN) return false
    this.ws.send(JSON.stringify(message))
    return true
  }

  private become(state: LinkState): void {
    if (this.state === state) return
    this.state = state
    this.options.onState(state)
  }

  /**
   * The ticket first, so that a server that refuses it need not hold a WebSocket. But a browser lets requests that are
   * given up go on connecting, six to a host, and later ones wait behind them; a WebSocket that is closed is gone. So
   * while nothing answers only the WebSocket knocks, and the ticket is asked for when it is open.
   */
  private async connect(): Promise<void> {
    this.drop()
    const attempt = ++this.attempt
    if (this.unanswered > 0) {
      this.open(async (ws) => {
        const introduction = await this.introduction(attempt)
        if (introduction) this.introduce(ws, introduction)
      })
      return
    }
    const introduction = await this.introduction(attempt)
    if (introduction) this.open((ws) => this.introduce(ws, introduction))
  }

  /** What `hello` says. Null if this attempt came to nothing; what follows is seen to. */
  private async introduction(attempt: number): Promise<Introduction | null> {
    try {
      const [ticket, identity] = await Promise.all([this.options.ticket(), this.options.identity()])
      return attempt === this.attempt ? { ticket, ...identity } : null
    } catch (error) {
      if (attempt !== this.attempt) return null
      if (error instanceof Refusal && error.code === 'sign_in') {
        this.end('sign_in')
      } else {
        this.drop()
        if (error instanceof Unanswered) this.unanswered++
        this.later(error instanceof Refusal ? error.retryAfterS : null)
      }
      return null
    }
  }

  private open(onOpen: (ws: WebSocket) => void): void {
    const ws = (this.options.open ?? ((url) => new WebSocket(url)))(this.options.url)
    this.ws = ws
    this.expect(ws, this.unanswered > PATIENT_AFTER ? PATIENT_OPEN_MS : OPEN_MS)
    ws.onopen = () => {
      if (ws !== this.ws) return
      this.expect(ws, HELLO_MS)
      onOpen(ws)
    }
    ws.onmessage = (event: MessageEvent<string>) => {
      if (ws === this.ws) this.take(JSON.parse(event.data) as ServerMessage)
    }
    ws.onclose = () => this.lost(ws, { swallowed: false })
    ws.onerror = () => this.lost(ws, { swallowed: false })
  }

  private introduce(ws: WebSocket, introduction: Introduction): void {
    this.askedMs = performance.now()
    const hello: Hello = { type: 'hello', proto: PROTOCOL_VERSION, resume: this.resume, ...introduction }
    ws.send(JSON.stringify(hello))
  }

  /** Something must come of `ws` within `ms`. */
  private expect(ws: WebSocket, ms: number): void {
    clearTimeout(this.deadline)
    this.deadline = setTimeout(() => this.lost(ws, { swallowed: true }), ms)
  }

  private take(message: ServerMessage): void {
    this.missed = 0
    this.unanswered = 0
    switch (message.type) {
      case 'welcome':
        clearTimeout(this.deadline)
        this.welcomed = true
        this.resume = message.resume
        this.healthy = setTimeout(() => this.backoff.reset(), HEALTHY_MS)
        this.options.onClock?.(message.now, this.askedMs)
        this.beat()
        this.become('online')
        this.options.onWelcome(message)
        this.onBeat()
        return
      case 'pong':
        if (message.n === this.ping) this.options.onClock?.(message.now, this.askedMs)
        return
      case 'bye':
        this.farewell(message)
        return
      default:
        this.options.onMessage(message)
    }
  }

  private farewell(bye: Bye): void {
    if (bye.reconnect === 'never') {
      this.end(bye.code)
      return
    }
    if (bye.code === 'sign_in') this.resume = null
    if (bye.code === 'roles_changed') this.options.onBye(bye.code)
    this.drop()
    this.become('offline')
    const spreadS = bye.reconnect === 'later' ? (bye.retry_after_s ?? 1) : 0
    this.schedule(spreadS > 0 ? spreadS * 1000 : this.backoff.next())
  }

  private end(code: Bye['code']): void {
    this.drop()
    this.resume = null
    this.options.onBye(code)
    this.become('ended')
  }

  /** `swallowed`: nothing came of it. Otherwise it was closed or refused, if only by this device. */
  private lost(ws: WebSocket, { swallowed }: { swallowed: boolean }): void {
    if (ws !== this.ws) return
    this.unanswered = swallowed ? this.unanswered + 1 : 0
    this.drop()
    this.later(null)
  }

  private later(retryAfterS: number | null): void {
    if (this.state === 'online') this.become('offline')
    this.schedule(Math.max(this.backoff.next(), (retryAfterS ?? 0) * 1000))
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.connect(), delayMs)
  }

  /** Lets the present socket go; whatever it still says is ignored. */
  private drop(): void {
    this.attempt++
    clearTimeout(this.deadline)
    clearTimeout(this.healthy)
    this.ticker.stop()
    this.welcomed = false
    const ws = this.ws
    this.ws = null
    ws?.close()
  }

  private get periodMs(): number {
    return this.brisk ? BRISK_PING_MS : PING_MS
  }

  private beat(): void {
    this.missed = 0
    this.beatMs = performance.now()
    this.ticker.start(this.periodMs, () => {
      // After a stall of this page its beats come in a burst; only time that really passed counts.
      const now = performance.now()
      if (now - this.beatMs < this.periodMs / 2) return
      this.beatMs = now
      this.onBeat()
    })
  }

  private onBeat(): void {
    if (!this.ws) return
    if (this.missed >= 2) {
      this.lost(this.ws, { swallowed: true })
      return
    }
    this.missed++
    this.askedMs = performance.now()
    this.send({ type: 'ping', n: ++this.ping })
  }
}
