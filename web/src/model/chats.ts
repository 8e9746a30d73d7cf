/** All chats of this tab: lines from the delivery, acts into it. */
import type { ReadonlySignal } from '@preact/signals'
import type { ChannelId, PersonId, RoomId } from '../contract'
import { roomChannel } from '../contract'
import type { Delivery, DeliveryEvents } from '../link/delivery'
import { Refusal } from '../link/refusal'
import type { MessageStore } from '../link/store'
import type { ChatView } from './api'
import { Chat } from './chat'

const MOST_CHARS = 2000

export class Chats implements DeliveryEvents {
  private readonly open = new Map<ChannelId, Chat>()
  private store: MessageStore | null = null
  private delivery: Delivery | null = null

  constructor(private readonly me: ReadonlySignal<PersonId | null>) {}

  /** Before the first connect. */
  attach(store: MessageStore, delivery: Delivery): void {
    this.store = store
    this.delivery = delivery
    for (const chat of this.open.values()) void this.fill(chat)
  }

  view(room: RoomId): ChatView {
    return this.chat(roomChannel(room))
  }

  /** Trims and checks; rejects with `bad_message` when empty, `too_large` when too long. */
  async post(room: RoomId, body: string): Promise<void> {
    const text = body.trim()
    if (text === '') throw new Refusal('bad_message', 'empty')
    if ([...text].length > MOST_CHARS) throw new Refusal('too_large', `more than ${MOST_CHARS} characters`)
    if (!this.delivery) throw new Refusal('offline')
    await this.delivery.post(roomChannel(room), text)
  }

  read(room: RoomId): void {
    const chat = this.chat(roomChannel(room))
    const { last } = chat
    if (last <= chat.readTo) return
    chat.markRead(last)
    this.delivery?.read(chat.ch, last)
  }

  onShown: DeliveryEvents['onShown'] = (ch, messages) => this.open.get(ch)?.add(messages)
  onOutbox: DeliveryEvents['onOutbox'] = (entry) => this.open.get(entry.ch)?.setEntry(entry)
  onSent: DeliveryEvents['onSent'] = (cid, ch, seq, ts) => this.open.get(ch)?.settle(cid, seq, ts)
  onReceipt: DeliveryEvents['onReceipt'] = (receipt) => this.open.get(receipt.ch)?.setReceipt(receipt)

  clear(): void {
    this.open.clear()
    this.store = null
    this.delivery = null
  }

  private chat(ch: ChannelId): Chat {
    let chat = this.open.get(ch)
    if (!chat) {
      chat = new Chat(ch, this.me)
      this.open.set(ch, chat)
      void this.fill(chat)
    }
    return chat
  }

  /** What the profile already has; live messages that come meanwhile are merged by number. */
  private async fill(chat: Chat): Promise<void> {
    if (!this.store || !this.delivery) return
    for (const entry of this.delivery.entries(chat.ch)) chat.setEntry(entry)
    const [messages, receipts, cursors] = await Promise.all([
      this.store.messages(chat.ch),
      this.store.receipts(chat.ch),
      this.store.cursors(),
    ])
    chat.add(messages)
    for (const receipt of receipts) chat.setReceipt(receipt)
    chat.markRead(cursors.find((cursor) => cursor.ch === chat.ch)?.read ?? 0)
  }
}
