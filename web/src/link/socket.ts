/**
 * The signaling WebSocket: connects, says hello, notices silence, and comes back by itself.
 *
 * States: idle → connecting → online ⇄ offline → ended. `ended` is final until `start` is called again. What goes over
 * it (commands, chat) is resent by its owners at `onWelcome`, never here: the socket promises nothing.
 */
import type { Bye, ClientMessage, Hello, ServerMessage, Welcome } from '../contract'
import { PROTOCOL_VERSION } from '../contract'
import { Backoff, HEALTHY_MS } from './backoff'
import { Refusal } from './refusal'
import type { Ticker } from './ticker'
import { createTicker } from './ticker'

export type LinkState = 'idle' | 'connecting' | 'online' | 'offline' | 'ended'

const PING_MS = 5000
const BRISK_PING_MS = 1000
/** Welcome must come within this. */
const HELLO_MS = 6000

export interface SocketOptions {
  url: string
  /** A fresh ticket; rejects with Refusal `sign_in` when the person is signed out. */
  ticket: () => Promise<string>
  /** What this browser profile is called and what it already has. */
  identity: () => Promise<Pick<Hello, 'device' | 'cursors'>>
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

  private async connect(): Promise<void> {
    this.drop()
    const attempt = ++this.attempt
    let ticket: string
    let identity: Pick<Hello, 'device' | 'cursors'>
    try {
      ;[ticket, identity] = await Promise.all([this.options.ticket(), this.options.identity()])
    } catch (error) {
      if (attempt !== this.attempt) return
      if (error instanceof Refusal && error.code === 'sign_in') this.end('sign_in')
      else this.later(error instanceof Refusal ? error.retryAfterS : null)
      return
    }
    if (attempt !== this.attempt) return
    const ws = (this.options.open ?? ((url) => new WebSocket(url)))(this.options.url)
    this.ws = ws
    this.deadline = setTimeout(() => this.lost(ws), HELLO_MS)
    ws.onopen = () => {
      this.askedMs = performance.now()
      const hello: Hello = {
        type: 'hello',
        ticket,
        proto: PROTOCOL_VERSION,
        resume: this.resume,
        ...identity,
      }
      ws.send(JSON.stringify(hello))
    }
    ws.onmessage = (event: MessageEvent<string>) => {
      if (ws === this.ws) this.take(JSON.parse(event.data) as ServerMessage)
    }
    ws.onclose = () => this.lost(ws)
    ws.onerror = () => this.lost(ws)
  }

  private take(message: ServerMessage): void {
    this.missed = 0
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

  private lost(ws: WebSocket): void {
    if (ws !== this.ws) return
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
      this.lost(this.ws)
      return
    }
    this.missed++
    this.askedMs = performance.now()
    this.send({ type: 'ping', n: ++this.ping })
  }
}
