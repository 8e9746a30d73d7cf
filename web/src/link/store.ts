/**
 * What this browser profile keeps: unsent messages, shown messages, cursors, receipts, and whose they are.
 *
 * IndexedDB with `durability: strict`: what was promised to be stored survives the renderer's death. Where IndexedDB is
 * refused (some private windows) the same interface works in memory.
 */
import type { DBSchema, IDBPDatabase } from 'idb'
import { deleteDB, openDB } from 'idb'
import type { ChannelId, ChatMessage, Cid, PersonId, Reached } from '../contract'
import type { RefusalCode } from './refusal'
import { uuid7 } from './uuid'

/** A message of ours that the server has not acknowledged. */
export interface OutboxEntry {
  cid: Cid
  ch: ChannelId
  body: string
  /** UTC ms, and the order of sending. */
  created: number
  tries: number
  /** Set when the server refused it for good: the person decides. */
  problem: RefusalCode | null
}

export interface Cursor {
  ch: ChannelId
  /** Everything up to here is stored. */
  seq: number
  /** Everything up to here was seen by the person. */
  read: number
}

/** How far somebody has come in a channel. */
export type StoredReceipt = Reached & { ch: ChannelId }

export interface MessageStore {
  /** The random id of this browser profile; new after every `wipe`. */
  device(): Promise<string>
  owner(): Promise<PersonId | null>
  setOwner(person: PersonId): Promise<void>
  cursors(): Promise<Cursor[]>
  messages(ch: ChannelId): Promise<ChatMessage[]>
  receipts(ch: ChannelId): Promise<StoredReceipt[]>
  outbox(): Promise<OutboxEntry[]>
  putOutbox(entry: OutboxEntry): Promise<void>
  deleteOutbox(cid: Cid): Promise<void>
  /** Messages and the cursor in one transaction. */
  addMessages(ch: ChannelId, messages: readonly ChatMessage[], seq: number): Promise<void>
  setRead(ch: ChannelId, read: number): Promise<void>
  putReceipt(receipt: StoredReceipt): Promise<void>
  /** Forgets everything: nothing of one person is left for the next. */
  wipe(): Promise<void>
}

interface Schema extends DBSchema {
  meta: { key: string; value: string }
  outbox: { key: string; value: OutboxEntry; indexes: { created: number } }
  messages: { key: [string, number]; value: ChatMessage }
  cursors: { key: string; value: Cursor }
  receipts: { key: [string, string]; value: StoredReceipt }
}

const NAME = 'passline'
const STRICT = { durability: 'strict' } as const
const whole = (ch: ChannelId) => IDBKeyRange.bound([ch], [ch, []])

class IdbStore implements MessageStore {
  constructor(private readonly db: IDBPDatabase<Schema>) {}

  async device(): Promise<string> {
    const tx = this.db.transaction('meta', 'readwrite', STRICT)
    let device = await tx.store.get('device')
    if (device === undefined) {
      device = uuid7()
      await tx.store.put(device, 'device')
    }
    await tx.done
    return device
  }

  async owner(): Promise<PersonId | null> {
    return (await this.db.get('meta', 'owner')) ?? null
  }

  async setOwner(person: PersonId): Promise<void> {
    await this.db.put('meta', person, 'owner')
  }

  cursors(): Promise<Cursor[]> {
    return this.db.getAll('cursors')
  }

  messages(ch: ChannelId): Promise<ChatMessage[]> {
    return this.db.getAll('messages', whole(ch))
  }

  receipts(ch: ChannelId): Promise<StoredReceipt[]> {
    return this.db.getAll('receipts', whole(ch))
  }

  outbox(): Promise<OutboxEntry[]> {
    return this.db.getAllFromIndex('outbox', 'created')
  }

  async putOutbox(entry: OutboxEntry): Promise<void> {
    const tx = this.db.transaction('outbox', 'readwrite', STRICT)
    await Promise.all([tx.store.put(entry), tx.done])
  }

  async deleteOutbox(cid: Cid): Promise<void> {
    await this.db.delete('outbox', cid)
  }

  async addMessages(ch: ChannelId, messages: readonly ChatMessage[], seq: number): Promise<void> {
    const tx = this.db.transaction(['messages', 'cursors'], 'readwrite', STRICT)
    const cursors = tx.objectStore('cursors')
    const before = await cursors.get(ch)
    for (const message of messages) void tx.objectStore('messages').put(message)
    void cursors.put({ ch, seq: Math.max(seq, before?.seq ?? 0), read: before?.read ?? 0 })
    await tx.done
  }

  async setRead(ch: ChannelId, read: number): Promise<void> {
    const tx = this.db.transaction('cursors', 'readwrite')
    const before = await tx.store.get(ch)
    await tx.store.put({ ch, seq: before?.seq ?? 0, read: Math.max(read, before?.read ?? 0) })
    await tx.done
  }

  async putReceipt(receipt: StoredReceipt): Promise<void> {
    await this.db.put('receipts', receipt)
  }

  async wipe(): Promise<void> {
    const names = ['meta', 'outbox', 'messages', 'cursors', 'receipts'] as const
    const tx = this.db.transaction(names, 'readwrite', STRICT)
    await Promise.all([...names.map((name) => tx.objectStore(name).clear()), tx.done])
  }
}

/** The same promises for the life of the page; also the store of the unit tests. */
export class MemoryStore implements MessageStore {
  private id = uuid7()
  private person: PersonId | null = null
  private readonly cursorOf = new Map<ChannelId, Cursor>()
  private readonly messagesOf = new Map<ChannelId, Map<number, ChatMessage>>()
  private readonly receiptOf = new Map<string, StoredReceipt>()
  private readonly unsent = new Map<Cid, OutboxEntry>()

  device = () => Promise.resolve(this.id)
  owner = () => Promise.resolve(this.person)
  setOwner = (person: PersonId) => {
    this.person = person
    return Promise.resolve()
  }
  cursors = () => Promise.resolve([...this.cursorOf.values()])
  messages = (ch: ChannelId) =>
    Promise.resolve([...(this.messagesOf.get(ch)?.values() ?? [])].sort((a, b) => a.seq - b.seq))
  receipts = (ch: ChannelId) => Promise.resolve([...this.receiptOf.values()].filter((r) => r.ch === ch))
  outbox = () => Promise.resolve([...this.unsent.values()].sort((a, b) => a.created - b.created))
  putOutbox = (entry: OutboxEntry) => {
    this.unsent.set(entry.cid, entry)
    return Promise.resolve()
  }
  deleteOutbox = (cid: Cid) => {
    this.unsent.delete(cid)
    return Promise.resolve()
  }
  addMessages = (ch: ChannelId, messages: readonly ChatMessage[], seq: number) => {
    const kept = this.messagesOf.get(ch) ?? new Map<number, ChatMessage>()
    for (const message of messages) kept.set(message.seq, message)
    this.messagesOf.set(ch, kept)
    const before = this.cursorOf.get(ch)
    this.cursorOf.set(ch, { ch, seq: Math.max(seq, before?.seq ?? 0), read: before?.read ?? 0 })
    return Promise.resolve()
  }
  setRead = (ch: ChannelId, read: number) => {
    const before = this.cursorOf.get(ch)
    this.cursorOf.set(ch, { ch, seq: before?.seq ?? 0, read: Math.max(read, before?.read ?? 0) })
    return Promise.resolve()
  }
  putReceipt = (receipt: StoredReceipt) => {
    this.receiptOf.set(`${receipt.ch} ${receipt.person}`, receipt)
    return Promise.resolve()
  }
  wipe = () => {
    this.id = uuid7()
    this.person = null
    this.cursorOf.clear()
    this.messagesOf.clear()
    this.receiptOf.clear()
    this.unsent.clear()
    return Promise.resolve()
  }
}

/** Opens the profile's store; asks the browser not to evict it. */
export async function openStore(): Promise<MessageStore> {
  try {
    const db = await openDB<Schema>(NAME, 1, {
      upgrade(fresh) {
        fresh.createObjectStore('meta')
        fresh.createObjectStore('outbox', { keyPath: 'cid' }).createIndex('created', 'created')
        fresh.createObjectStore('messages', { keyPath: ['ch', 'seq'] })
        fresh.createObjectStore('cursors', { keyPath: 'ch' })
        fresh.createObjectStore('receipts', { keyPath: ['ch', 'person'] })
      },
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    })
    void navigator.storage?.persist?.().catch(() => false)
    return new IdbStore(db)
  } catch {
    return new MemoryStore()
  }
}

/** For tests: the database as if the profile were new. */
export const deleteStore = (): Promise<void> => deleteDB(NAME)
