/**
 * Chat that loses nothing and shows nothing twice (docs/protocol.md, "Delivery").
 *
 * Outgoing: stored, then sent, deleted at `sent`; resent only after a reconnect, by one tab. Incoming: one rule for live
 * and caught-up messages, stored together with the cursor before they are shown, acknowledged in groups.
 */
import type { ChannelId, ChatMessage, Cid, ClientMessage, ServerMessage, Welcome } from '../contract'
import { InOrder } from './inorder'
import type { RefusalCode } from './refusal'
import type { MessageStore, OutboxEntry, StoredReceipt } from './store'
import { uuid7 } from './uuid'

const ACK_EVERY = 20
const ACK_AFTER_MS = 500
const SYNC_LIMIT = 200
/** A sync that was not answered may be asked again after this. */
const SYNC_PATIENCE_MS = 10_000
/** Refusals that pass by themselves: the entry stays in the outbox and goes out again. */
const PASSING: ReadonlySet<RefusalCode> = new Set(['busy', 'unavailable', 'internal', 'too_many'])
const RETRY_MS = 2000

export interface DeliveryEvents {
  onShown: (ch: ChannelId, messages: readonly ChatMessage[]) => void
  onOutbox: (entry: OutboxEntry) => void
  /** Acknowledged (or discarded with `seq` null). */
  onSent: (cid: Cid, ch: ChannelId, seq: number | null, ts: number) => void
  onReceipt: (receipt: StoredReceipt) => void
  /** The disk refused; messages still flow, but are not kept. */
  onTrouble?: (error: unknown) => void
}

interface Channel {
  order: InOrder
  acked: number
  syncing: { since: number; after: number } | null
  timer: ReturnType<typeof setTimeout> | undefined
}

export class Delivery {
  private readonly channels = new Map<ChannelId, Channel>()
  private readonly outbox = new Map<Cid, OutboxEntry>()
  private readonly mine = new Set<Cid>()
  private chain: Promise<void> = Promise.resolve()
  private inbox: ChatMessage[] = []
  private retry: ReturnType<typeof setTimeout> | undefined
  private resync: ReturnType<typeof setTimeout> | undefined
  private lastCreated = 0

  /** `ownsOutbox`: this tab may resend what other tabs (or an earlier life of this one) left behind. */
  constructor(
    private readonly store: MessageStore,
    private readonly send: (message: ClientMessage) => boolean,
    private readonly events: DeliveryEvents,
    private readonly ownsOutbox: () => boolean = () => true,
  ) {}

  /** Reads what the profile has; before the first connect. */
  async load(): Promise<void> {
    for (const cursor of await this.store.cursors()) this.channel(cursor.ch).order.upto = cursor.seq
    for (const entry of await this.store.outbox()) this.outbox.set(entry.cid, entry)
  }

  /** For `hello`. */
  cursors(): Record<ChannelId, number> {
    const newest = [...this.channels].filter(([, channel]) => channel.order.upto > 0).slice(-500)
    return Object.fromEntries(newest.map(([ch, channel]) => [ch, channel.order.upto]))
  }

  entries(ch: ChannelId): OutboxEntry[] {
    return [...this.outbox.values()].filter((entry) => entry.ch === ch)
  }

  /** Resolves once the message is stored; it is on its way then, now or after the next welcome. */
  async post(ch: ChannelId, body: string): Promise<Cid> {
    this.lastCreated = Math.max(Date.now(), this.lastCreated + 1)
    const created = this.lastCreated
    const entry: OutboxEntry = { cid: uuid7(created), ch, body, created, tries: 0, problem: null }
    this.mine.add(entry.cid)
    this.outbox.set(entry.cid, entry)
    this.events.onOutbox(entry)
    await this.store.putOutbox(entry)
    this.transmit(entry)
    return entry.cid
  }

  /** The person taps "try again" on a refused message. */
  async retryEntry(cid: Cid): Promise<void> {
    const entry = this.outbox.get(cid)
    if (!entry) return
    const again = { ...entry, problem: null }
    this.outbox.set(cid, again)
    this.mine.add(cid)
    this.events.onOutbox(again)
    await this.store.putOutbox(again)
    this.transmit(again)
  }

  /** The person gives a refused message up. */
  async discard(cid: Cid): Promise<void> {
    const entry = this.outbox.get(cid)
    if (!entry) return
    this.outbox.delete(cid)
    await this.store.deleteOutbox(cid)
    this.events.onSent(cid, entry.ch, null, 0)
  }

  /** Everything up to `seq` was seen. */
  read(ch: ChannelId, seq: number): void {
    this.send({ type: 'read', ch, seq })
    void this.store.setRead(ch, seq)
  }

  /** This channel concerns us now (a room was entered): fetch what was said before. */
  follow(ch: ChannelId): void {
    if (!this.channels.has(ch)) this.sync(ch)
  }

  /** This tab became the owner of the outbox: what a closed tab left behind goes out now. */
  takeOver(): void {
    void this.resend()
  }

  welcome(welcome: Welcome): void {
    for (const channel of this.channels.values()) channel.syncing = null
    for (const [ch, head] of Object.entries(welcome.heads)) {
      const channel = this.channel(ch)
      if (head > channel.order.upto) this.sync(ch)
      else if (channel.order.upto > channel.acked) this.ack(ch)
    }
    void this.resend()
    void this.repeatReads(welcome)
  }

  /** True when the message was ours to handle. */
  take(message: ServerMessage): boolean {
    switch (message.type) {
      case 'message':
        this.inbox.push(message)
        if (this.inbox.length === 1) this.queue(() => this.drain())
        return true
      case 'sent':
        this.queue(() => this.acknowledged(message.cid, message.ch, message.seq, message.ts))
        return true
      case 'synced':
        // After the messages before it are stored, so that the cursor is where the server thinks it is.
        this.queue(() => {
          const channel = this.channel(message.ch)
          const moved = channel.order.upto > (channel.syncing?.after ?? 0)
          channel.syncing = null
          if (message.more || (channel.order.hasGap && moved)) this.sync(message.ch)
          return Promise.resolve()
        })
        return true
      case 'receipt':
        for (const reached of message.people) {
          const receipt = { ...reached, ch: message.ch }
          this.events.onReceipt(receipt)
          this.queue(() => this.store.putReceipt(receipt))
        }
        return true
      case 'error':
        if (!message.cid && message.code === 'too_many') {
          this.syncAgain(message.retry_after_s ?? 0)
          return true
        }
        if (!message.cid || !this.outbox.has(message.cid)) return false
        this.refused(message.cid, message.code, message.retry_after_s ?? null)
        return true
      default:
        return false
    }
  }

  /** Everything said so far is stored and shown; for tests and for leaving. */
  settled(): Promise<void> {
    return this.chain
  }

  close(): void {
    clearTimeout(this.retry)
    clearTimeout(this.resync)
    for (const channel of this.channels.values()) clearTimeout(channel.timer)
    this.channels.clear()
    this.outbox.clear()
    this.mine.clear()
    this.inbox = []
  }

  private channel(ch: ChannelId): Channel {
    let channel = this.channels.get(ch)
    if (!channel) {
      channel = { order: new InOrder(0), acked: 0, syncing: null, timer: undefined }
      this.channels.set(ch, channel)
    }
    return channel
  }

  /** One thing after the other; a failing disk must not stop what comes next. */
  private queue(work: () => Promise<void>): void {
    this.chain = this.chain.then(work).catch((error: unknown) => {
      this.events.onTrouble?.(error)
    })
  }

  private async drain(): Promise<void> {
    const messages = this.inbox
    this.inbox = []
    const ready = new Map<ChannelId, ChatMessage[]>()
    const touched = new Set<ChannelId>()
    for (const message of messages) {
      touched.add(message.ch)
      const now = this.channel(message.ch).order.take(message)
      if (now.length) ready.set(message.ch, [...(ready.get(message.ch) ?? []), ...now])
    }
    for (const [ch, batch] of ready) {
      try {
        await this.store.addMessages(ch, batch, this.channel(ch).order.upto)
      } finally {
        this.events.onShown(ch, batch)
      }
      for (const message of batch) {
        const entry = this.outbox.get(message.cid)
        if (entry) await this.acknowledged(message.cid, ch, message.seq, message.ts)
      }
      this.ackSoon(ch)
    }
    for (const ch of touched) if (this.channel(ch).order.hasGap) this.sync(ch)
  }

  private async acknowledged(cid: Cid, ch: ChannelId, seq: number, ts: number): Promise<void> {
    const known = this.outbox.delete(cid)
    this.mine.delete(cid)
    this.events.onSent(cid, ch, seq, ts)
    if (known) await this.store.deleteOutbox(cid)
  }

  private refused(cid: Cid, code: RefusalCode, retryAfterS: number | null): void {
    const entry = this.outbox.get(cid)
    if (!entry) return
    if (PASSING.has(code)) {
      clearTimeout(this.retry)
      this.retry = setTimeout(() => void this.resend(), retryAfterS === null ? RETRY_MS : retryAfterS * 1000)
      return
    }
    const failed = { ...entry, problem: code }
    this.outbox.set(cid, failed)
    this.events.onOutbox(failed)
    this.queue(() => this.store.putOutbox(failed))
  }

  private transmit(entry: OutboxEntry): void {
    if (this.send({ type: 'send', cid: entry.cid, ch: entry.ch, body: entry.body })) entry.tries++
  }

  /** In the order of writing; the owner of the outbox takes up what dead tabs left. */
  private async resend(): Promise<void> {
    if (this.ownsOutbox()) {
      for (const entry of await this.store.outbox()) {
        if (this.outbox.has(entry.cid)) continue
        this.outbox.set(entry.cid, entry)
        this.events.onOutbox(entry)
      }
    }
    const all = [...this.outbox.values()].sort((a, b) => a.created - b.created)
    for (const entry of all) {
      if (entry.problem === null && (this.ownsOutbox() || this.mine.has(entry.cid))) this.transmit(entry)
    }
  }

  private async repeatReads(welcome: Welcome): Promise<void> {
    for (const { ch, read } of await this.store.cursors()) {
      if (read > 0 && ch in welcome.heads) this.send({ type: 'read', ch, seq: read })
    }
  }

  private sync(ch: ChannelId): void {
    const channel = this.channel(ch)
    const now = performance.now()
    if (channel.syncing && now - channel.syncing.since < SYNC_PATIENCE_MS) return
    const after = channel.order.upto
    const asked = this.send({ type: 'sync', ch, after, limit: SYNC_LIMIT })
    channel.syncing = asked ? { since: now, after } : null
  }

  /** The limit refused something without a cid: perhaps a sync, which nobody else would ask again. */
  private syncAgain(afterS: number): void {
    clearTimeout(this.resync)
    this.resync = setTimeout(() => {
      for (const [ch, channel] of this.channels) {
        if (!channel.syncing) continue
        channel.syncing = null
        this.sync(ch)
      }
    }, afterS * 1000)
  }

  private ackSoon(ch: ChannelId): void {
    const channel = this.channel(ch)
    if (!channel.syncing && channel.order.upto - channel.acked >= ACK_EVERY) this.ack(ch)
    else channel.timer ??= setTimeout(() => this.ack(ch), ACK_AFTER_MS)
  }

  private ack(ch: ChannelId): void {
    const channel = this.channel(ch)
    clearTimeout(channel.timer)
    channel.timer = undefined
    if (this.send({ type: 'ack', ch, seq: channel.order.upto })) channel.acked = channel.order.upto
  }
}
