/** Wishes on their way: each is sent again after every reconnect until the server says `done` or `error`. */
import type { Cid, ClientMessage, RoomId, ServerMessage } from '../contract'
import { Refusal } from './refusal'
import { uuid7 } from './uuid'

/** Every message that carries a cid and is answered by it, but chat. */
export type CommandMessage = Exclude<Extract<ClientMessage, { cid: string }>, { type: 'send' }>
type WithoutCid<T> = T extends unknown ? Omit<T, 'cid'> : never
export type Wish = WithoutCid<CommandMessage>

interface Pending {
  message: CommandMessage
  /** performance.now() of the press; `age_ms` is told anew each time it is sent. */
  pressedMs: number
  /** A resend of an old measurement is worthless: dropped at reconnect. */
  fleeting: boolean
  /** Went out on the present connection. */
  sent: boolean
  resolve: (room: RoomId | null) => void
  reject: (error: Refusal) => void
}

export class Commands {
  private readonly pending = new Map<Cid, Pending>()

  constructor(
    private readonly send: (message: ClientMessage) => boolean,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.pending.size
  }

  /** Resolves with the room that `done` names; rejects with the server's Refusal. */
  issue(wish: Wish, options: { fleeting?: boolean; pressedMs?: number } = {}): Promise<RoomId | null> {
    const message = { ...wish, cid: uuid7() } as CommandMessage
    const { promise, resolve, reject } = deferred<RoomId | null>()
    const pending: Pending = {
      message,
      pressedMs: options.pressedMs ?? this.clock(),
      fleeting: options.fleeting ?? false,
      sent: false,
      resolve,
      reject,
    }
    this.pending.set(message.cid, pending)
    this.transmit(pending)
    return promise
  }

  /** The connection is gone: what it carried is unanswered. */
  lost(): void {
    for (const [cid, pending] of this.pending) {
      pending.sent = false
      if (!pending.fleeting) continue
      this.pending.delete(cid)
      pending.reject(new Refusal('offline'))
    }
  }

  /** After `welcome`: everything unanswered goes out again, in the order it was wished. */
  resend(): void {
    for (const pending of this.pending.values()) if (!pending.sent) this.transmit(pending)
  }

  /** True when the message answered one of ours. */
  take(message: ServerMessage): boolean {
    if (message.type !== 'done' && message.type !== 'error') return false
    const cid = message.cid
    const pending = cid ? this.pending.get(cid) : undefined
    if (!cid || !pending) return false
    this.pending.delete(cid)
    if (message.type === 'done') pending.resolve(message.room ?? null)
    else pending.reject(new Refusal(message.code, message.detail, message.retry_after_s ?? null))
    return true
  }

  /** The link ended for good, or the person signed out. */
  abandon(): void {
    const all = [...this.pending.values()]
    this.pending.clear()
    for (const pending of all) pending.reject(new Refusal('ended'))
  }

  private transmit(pending: Pending): void {
    const { message, pressedMs } = pending
    const aged =
      'age_ms' in message
        ? { ...message, age_ms: Math.min(600_000, Math.max(0, Math.round(this.clock() - pressedMs))) }
        : message
    pending.sent = this.send(aged)
  }
}

function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Refusal) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
