/** A room's chat as lines: what the server numbered, then what waits; ticks only ever go forward. */
import type { ReadonlySignal } from '@preact/signals'
import { batch, computed, signal } from '@preact/signals'
import type { ChannelId, ChatMessage, PersonId } from '../contract'
import type { OutboxEntry, StoredReceipt } from '../link/store'
import type { ChatLine, ChatView, Tick } from './api'

/** How far the others are: the furthest delivered and read of anybody but the sender. */
export function tickOf(
  seq: number | null,
  receipts: Iterable<StoredReceipt>,
  me: PersonId,
): Exclude<Tick, 'failed'> {
  if (seq === null) return 'waiting'
  let tick: 'sent' | 'delivered' | 'read' = 'sent'
  for (const receipt of receipts) {
    if (receipt.person === me) continue
    if (receipt.read >= seq) return 'read'
    if (receipt.delivered >= seq) tick = 'delivered'
  }
  return tick
}

export class Chat implements ChatView {
  private readonly messages = signal<ReadonlyMap<number, ChatMessage>>(new Map())
  private readonly outbox = signal<ReadonlyMap<string, OutboxEntry>>(new Map())
  /** Acknowledged by `sent` before the message itself came round. */
  private readonly sent = signal<ReadonlyMap<string, { entry: OutboxEntry; seq: number; ts: number }>>(
    new Map(),
  )
  private readonly receipts = signal<ReadonlyMap<PersonId, StoredReceipt>>(new Map())
  private readonly readUpto = signal(0)

  readonly lines: ReadonlySignal<readonly ChatLine[]>
  readonly unread: ReadonlySignal<number>

  constructor(
    readonly ch: ChannelId,
    private readonly me: ReadonlySignal<PersonId | null>,
  ) {
    this.lines = computed(() => this.compose())
    this.unread = computed(() => {
      let count = 0
      for (const message of this.messages.value.values()) {
        if (message.sender !== this.me.value && message.seq > this.readUpto.value) count++
      }
      return count
    })
  }

  /** Newest number shown. */
  get last(): number {
    return Math.max(0, ...this.messages.value.keys())
  }

  add(messages: readonly ChatMessage[]): void {
    const all = new Map(this.messages.value)
    for (const message of messages) all.set(message.seq, message)
    this.messages.value = all
  }

  setEntry(entry: OutboxEntry): void {
    this.outbox.value = new Map(this.outbox.value).set(entry.cid, entry)
  }

  /** `seq` null: given up by the person. */
  settle(cid: string, seq: number | null, ts: number): void {
    const entry = this.outbox.value.get(cid)
    if (!entry) return
    batch(() => {
      const rest = new Map(this.outbox.value)
      rest.delete(cid)
      this.outbox.value = rest
      if (seq !== null) this.sent.value = new Map(this.sent.value).set(cid, { entry, seq, ts })
    })
  }

  setReceipt(receipt: StoredReceipt): void {
    const before = this.receipts.value.get(receipt.person)
    const next = {
      ...receipt,
      delivered: Math.max(receipt.delivered, before?.delivered ?? 0),
      read: Math.max(receipt.read, before?.read ?? 0),
    }
    this.receipts.value = new Map(this.receipts.value).set(receipt.person, next)
    if (receipt.person === this.me.value) this.markRead(next.read)
  }

  markRead(seq: number): void {
    if (seq > this.readUpto.value) this.readUpto.value = seq
  }

  get readTo(): number {
    return this.readUpto.value
  }

  private compose(): ChatLine[] {
    const me = this.me.value ?? ''
    const receipts = [...this.receipts.value.values()]
    const numbered = new Map<string, ChatLine>()
    type Numbered = Pick<ChatMessage, 'seq' | 'cid' | 'sender' | 'body' | 'ts'> & {
      operator?: ChatMessage['operator']
    }
    const line = ({ seq, cid, sender, body, ts, operator }: Numbered): ChatLine => ({
      cid,
      seq,
      sender,
      operator: operator ?? null,
      mine: sender === me,
      body,
      ts,
      tick: sender === me ? tickOf(seq, receipts, me) : 'read',
      problem: null,
    })
    for (const message of this.messages.value.values()) numbered.set(message.cid, line(message))
    for (const { entry, seq, ts } of this.sent.value.values()) {
      if (!numbered.has(entry.cid))
        numbered.set(entry.cid, line({ seq, cid: entry.cid, sender: me, body: entry.body, ts }))
    }
    const waiting = [...this.outbox.value.values()]
      .filter((entry) => !numbered.has(entry.cid))
      .sort((a, b) => a.created - b.created)
      .map((entry): ChatLine => ({
        cid: entry.cid,
        seq: null,
        sender: me,
        mine: true,
        body: entry.body,
        ts: entry.created,
        tick: entry.problem === null ? 'waiting' : 'failed',
        problem: entry.problem,
      }))
    return [...[...numbered.values()].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)), ...waiting]
  }
}
