import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ChatMessage, ClientMessage, ServerMessage, Welcome } from '../contract'
import { Backoff } from './backoff'
import { Commands } from './commands'
import { Delivery } from './delivery'
import { InOrder } from './inorder'
import type { MessageStore } from './store'
import { MemoryStore, deleteStore, openStore } from './store'
import { uuid7 } from './uuid'

const CH = 'room:r'
/** For a busy machine; a second is what waitFor gives by itself. */
const SOON = { timeout: 10_000 }
const message = (seq: number, cid = `c${seq}`): ChatMessage => ({
  type: 'message',
  ch: CH,
  seq,
  cid,
  operator: null,
  sender: 'you',
  ts: seq,
  body: `m${seq}`,
})
const welcome = (heads: Record<string, number>): Welcome => ({
  type: 'welcome',
  session: 's',
  resumed: false,
  resume: 'r',
  resume_ttl_s: 120,
  heads,
  now: 0,
  boot: 'b',
})

test('a UUIDv7 has the version, the variant and the time, and sorts by it', () => {
  const id = uuid7(0x0123456789ab)
  expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(uuid7(1) < uuid7(2)).toBe(true)
})

test('clients that are cut together come back spread over the whole pause (full jitter)', () => {
  const draws = [0, 0.25, 0.999]
  const third = draws.map((draw) => {
    const backoff = new Backoff(() => draw)
    backoff.next()
    backoff.next()
    return backoff.next()
  })
  expect(third).toEqual([0, 100, 400])
})

test('the backoff doubles from 100 ms to 5 s and starts again when healthy', () => {
  const backoff = new Backoff(() => 1)
  expect([...Array(8)].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
  backoff.reset()
  expect(backoff.next()).toBe(100)
})

test('messages come out in order, once, whatever order they came in', () => {
  const order = new InOrder(0)
  expect(order.take(message(2))).toEqual([])
  expect(order.hasGap).toBe(true)
  expect(order.take(message(1)).map((m) => m.seq)).toEqual([1, 2])
  expect(order.take(message(2))).toEqual([])
  expect(order.hasGap).toBe(false)
})

describe('commands', () => {
  test('a wish is sent again after a reconnect until it is answered, with its age', async () => {
    const sent: ClientMessage[] = []
    let now = 0
    let online = false
    const commands = new Commands(
      (m) => {
        if (online) sent.push(m)
        return online
      },
      () => now,
    )
    const answered = commands.issue({
      type: 'start_call',
      reason: 'any',
      age_ms: 0,
      language: null,
      equipment: null,
      person: null,
      group: null,
    })
    expect(sent).toEqual([])
    now = 1500
    online = true
    commands.resend()
    commands.resend()
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ type: 'start_call', age_ms: 1500 })
    commands.lost()
    commands.resend()
    expect(sent).toHaveLength(2)
    const { cid } = sent[0] as { cid: string }
    expect((sent[1] as { cid: string }).cid).toBe(cid)
    expect(commands.take({ type: 'done', cid, room: 'r-1' })).toBe(true)
    await expect(answered).resolves.toBe('r-1')
    commands.lost()
    commands.resend()
    expect(sent).toHaveLength(2)
  })

  test('a refusal rejects with its code, and a fleeting report does not survive the connection', async () => {
    const commands = new Commands(() => true)
    const refused = commands.issue({ type: 'accept_call', room: 'r' })
    const fleeting = commands.issue(
      { type: 'report_quality', room: 'r', quality: 'good' },
      { fleeting: true },
    )
    commands.lost()
    await expect(fleeting).rejects.toMatchObject({ code: 'offline' })
    commands.abandon()
    await expect(refused).rejects.toMatchObject({ code: 'ended' })
  })
})

/** A server that keeps one channel, and a wire that can be cut. */
class Server {
  readonly log: ChatMessage[] = []
  readonly heard: ClientMessage[] = []
  online = true
  /** So many syncs are refused by the limit of messages a second. */
  refuses = 0
  deliver: (m: ServerMessage) => void = () => {}

  send = (m: ClientMessage): boolean => {
    if (!this.online) return false
    this.heard.push(structuredClone(m))
    if (m.type === 'send') {
      let known = this.log.find((l) => l.cid === m.cid)
      if (!known) {
        known = { ...message(this.log.length + 1, m.cid), sender: 'me', body: m.body }
        this.log.push(known)
      }
      this.deliver({ type: 'sent', cid: m.cid, ch: CH, seq: known.seq, ts: known.ts })
    } else if (m.type === 'sync' && this.refuses > 0) {
      this.refuses--
      this.deliver({ type: 'error', code: 'too_many', cid: null, detail: '', retry_after_s: 0.01 })
    } else if (m.type === 'sync') {
      const missing = this.log.filter((l) => l.seq > m.after).slice(0, m.limit)
      for (const l of missing) this.deliver(l)
      this.deliver({ type: 'synced', ch: CH, upto: missing.at(-1)?.seq ?? m.after, more: false })
    }
    return true
  }
}

describe.each(['memory', 'indexeddb'] as const)('delivery over %s', (kind) => {
  let store: MessageStore
  let server: Server
  let shown: number[]
  let sentCids: string[]
  let delivery: Delivery

  const live = async () => {
    delivery = new Delivery(store, server.send, {
      onShown: (_, batch) => shown.push(...batch.map((m) => m.seq)),
      onOutbox: () => {},
      onSent: (cid) => sentCids.push(cid),
      onReceipt: () => {},
    })
    server.deliver = (m) => void delivery.take(m)
    await delivery.load()
  }

  beforeEach(async () => {
    store = kind === 'memory' ? new MemoryStore() : await openStore()
    server = new Server()
    shown = []
    sentCids = []
    await live()
  })
  afterEach(async () => {
    await delivery.settled()
    delivery.close()
    await store.wipe()
    if (kind === 'indexeddb') await deleteStore()
  })

  test('a message written offline is stored, sent after the reconnect, and then forgotten', async () => {
    server.online = false
    const cid = await delivery.post(CH, 'hello')
    expect((await store.outbox()).map((entry) => entry.cid)).toEqual([cid])
    server.online = true
    delivery.welcome(welcome({}))
    await vi.waitFor(() => expect(sentCids).toContain(cid), SOON)
    await delivery.settled()
    expect(await store.outbox()).toEqual([])
    expect(server.log.map((m) => m.body)).toEqual(['hello'])
  })

  test('what a killed page left in the outbox goes out once, in order, from the next page', async () => {
    server.online = false
    for (let i = 0; i < 5; i++) await delivery.post(CH, `m${i}`)
    delivery.close()
    await live()
    server.online = true
    delivery.welcome(welcome({}))
    await vi.waitFor(() => expect(server.log).toHaveLength(5), SOON)
    delivery.welcome(welcome({}))
    await vi.waitFor(() => expect(sentCids.length).toBeGreaterThanOrEqual(5), SOON)
    expect(server.log.map((m) => m.body)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
  })

  test('a gap is filled by one sync, and nothing is shown twice', async () => {
    for (let seq = 1; seq <= 6; seq++) server.log.push(message(seq))
    delivery.take(message(1))
    delivery.take(message(4))
    delivery.take(message(4))
    delivery.take(message(6))
    await vi.waitFor(() => expect(shown).toEqual([1, 2, 3, 4, 5, 6]), SOON)
    await delivery.settled()
    expect(server.heard.filter((m) => m.type === 'sync')).toHaveLength(1)
    expect((await store.cursors()).map((c) => c.seq)).toEqual([6])
    expect((await store.messages(CH)).map((m) => m.seq)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('a sync that the limit refused is asked again', async () => {
    for (let seq = 1; seq <= 3; seq++) server.log.push(message(seq))
    server.refuses = 1
    delivery.welcome(welcome({ [CH]: 3 }))
    await vi.waitFor(() => expect(shown).toEqual([1, 2, 3]), SOON)
    expect(server.heard.filter((m) => m.type === 'sync')).toHaveLength(2)
  })

  test('a new page begins where the last one stopped', async () => {
    for (let seq = 1; seq <= 3; seq++) delivery.take(message(seq))
    await vi.waitFor(async () => expect((await store.cursors())[0]?.seq).toBe(3), SOON)
    delivery.close()
    await live()
    expect(delivery.cursors()).toEqual({ [CH]: 3 })
    for (let seq = 1; seq <= 5; seq++) server.log.push(message(seq))
    shown = []
    delivery.welcome(welcome({ [CH]: 5 }))
    await vi.waitFor(() => expect(shown).toEqual([4, 5]), SOON)
  })

  test('what is stored is acknowledged in groups', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      for (let seq = 1; seq <= 3; seq++) delivery.take(message(seq))
      await delivery.settled()
      while (shown.length < 3) await Promise.resolve()
      await delivery.settled()
      vi.advanceTimersByTime(500)
      expect(server.heard.filter((m) => m.type === 'ack')).toEqual([{ type: 'ack', ch: CH, seq: 3 }])
    } finally {
      vi.useRealTimers()
    }
  })

  test('a refusal keeps the message for the person to decide', async () => {
    server.online = false
    const cid = await delivery.post(CH, 'no')
    delivery.take({ type: 'error', code: 'forbidden', cid, detail: '', retry_after_s: null })
    await delivery.settled()
    expect((await store.outbox())[0]).toMatchObject({ cid, problem: 'forbidden' })
    await delivery.discard(cid)
    expect(await store.outbox()).toEqual([])
  })

  test('signing out leaves nothing, not even the device id', async () => {
    const device = await store.device()
    await store.setOwner('me')
    await delivery.post(CH, 'secret')
    await delivery.settled()
    await store.wipe()
    expect(await store.outbox()).toEqual([])
    expect(await store.messages(CH)).toEqual([])
    expect(await store.owner()).toBeNull()
    expect(await store.device()).not.toBe(device)
  })
})
