import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ServerMessage } from '../contract'
import { Unanswered } from './hedged'
import { Refusal } from './refusal'
import type { LinkState, SocketOptions } from './socket'
import { OPEN_MS, PATIENT_OPEN_MS, Socket } from './socket'

class FakeWebSocket {
  static readonly OPEN = 1
  readyState = 0
  sent: { type: string; [key: string]: unknown }[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  onerror: (() => void) | null = null
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.readyState = 3
  }
  open() {
    this.readyState = 1
    this.onopen?.()
  }
  say(message: ServerMessage) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  die() {
    this.readyState = 3
    this.onclose?.()
  }
}

let made: FakeWebSocket[]
let states: LinkState[]
let byes: string[]
let beat: (() => void) | null
let period: number
let ticket: () => Promise<string>
let tickets: number
let socket: Socket

const WELCOME: ServerMessage = {
  type: 'welcome',
  session: 's1',
  resumed: false,
  resume: 'token',
  resume_ttl_s: 120,
  heads: {},
  now: 1,
  boot: 'b',
}

/** One period passes and the ticker beats. */
async function tick() {
  await vi.advanceTimersByTimeAsync(period)
  beat?.()
}

const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeWebSocket)
  made = []
  states = []
  byes = []
  beat = null
  tickets = 0
  ticket = () => Promise.resolve('t')
  const options: SocketOptions = {
    url: 'ws://x/ws',
    ticket: () => {
      tickets++
      return ticket()
    },
    identity: () => Promise.resolve({ device: 'device-1', cursors: {}, here: true }),
    onState: (state) => states.push(state),
    onWelcome: () => {},
    onMessage: () => {},
    onBye: (code) => byes.push(code),
    open: () => {
      const ws = new FakeWebSocket()
      made.push(ws)
      return ws as unknown as WebSocket
    },
    ticker: {
      start: (ms, f) => {
        period = ms
        beat = f
      },
      stop: () => {
        beat = null
      },
    },
    random: () => 1,
  }
  socket = new Socket(options)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function connected(): Promise<FakeWebSocket> {
  socket.start()
  await settle()
  made[0]!.open()
  made[0]!.say(WELCOME)
  return made[0]!
}

test('it says hello first, is online at welcome, and offers the resume token the next time', async () => {
  const ws = await connected()
  expect(ws.sent[0]).toMatchObject({ type: 'hello', ticket: 't', proto: 1, device: 'device-1', resume: null })
  expect(states).toEqual(['connecting', 'online'])
  ws.die()
  expect(states.at(-1)).toBe('offline')
  await vi.advanceTimersByTimeAsync(100)
  made[1]!.open()
  expect(made[1]!.sent[0]).toMatchObject({ type: 'hello', resume: 'token' })
})

test('nothing is sent before welcome', async () => {
  socket.start()
  await settle()
  made[0]!.open()
  expect(socket.send({ type: 'ping', n: 1 })).toBe(false)
})

test('two unanswered pings end the connection, any frame keeps it', async () => {
  const ws = await connected()
  expect(period).toBe(5000)
  ws.say({ type: 'pong', n: 1, now: 5 })
  await tick()
  await tick()
  ws.say({ type: 'presence', entries: [] })
  await tick()
  await tick()
  expect(states.at(-1)).toBe('online')
  await tick()
  expect(states.at(-1)).toBe('offline')
})

test('a burst of late beats after a stall is one beat', async () => {
  const ws = await connected()
  ws.say({ type: 'pong', n: 1, now: 5 })
  await vi.advanceTimersByTimeAsync(20_000)
  for (let i = 0; i < 4; i++) beat!()
  expect(states.at(-1)).toBe('online')
  expect(ws.sent.filter((m) => m.type === 'ping')).toHaveLength(2)
})

test('in a call it listens each second', async () => {
  await connected()
  socket.setBrisk(true)
  expect(period).toBe(1000)
})

test('it waits longer each time until a connection was healthy', async () => {
  socket.start()
  await settle()
  for (const [i, wait] of [100, 200, 400, 800].entries()) {
    made[i]!.die()
    await vi.advanceTimersByTimeAsync(wait - 1)
    expect(made).toHaveLength(i + 1)
    await vi.advanceTimersByTimeAsync(1)
    expect(made).toHaveLength(i + 2)
  }
})

/** The network swallows everything; the ticker has found out. */
async function swallowed(): Promise<void> {
  await connected()
  socket.setBrisk(true)
  for (let i = 0; i < 3; i++) await tick()
  expect(states.at(-1)).toBe('offline')
}

/** The pause of the backoff has just ended. */
async function attempted(number: number): Promise<FakeWebSocket> {
  await vi.advanceTimersToNextTimerAsync()
  expect(made).toHaveLength(number + 1)
  return made[number]!
}

test('while nothing answers fresh WebSockets knock, and no request is left behind in the browser', async () => {
  await swallowed()
  const first = await attempted(1)
  await vi.advanceTimersByTimeAsync(OPEN_MS)
  expect(first.readyState).toBe(3)
  const second = await attempted(2)
  expect(tickets).toBe(1)
  second.open()
  await settle()
  expect(tickets).toBe(2)
  expect(second.sent[0]).toMatchObject({ type: 'hello', ticket: 't', resume: 'token' })
  second.say(WELCOME)
  expect(states.at(-1)).toBe('online')
})

test('whoever refuses is there: then the ticket comes first again', async () => {
  await swallowed()
  const knocking = await attempted(1)
  knocking.die()
  await attempted(2)
  expect(tickets).toBe(2)
})

test('a ticket that is not answered is not asked for again until a WebSocket is open', async () => {
  ticket = () => Promise.reject(new Unanswered())
  socket.start()
  await attempted(0)
  expect(tickets).toBe(1)
})

test('a welcome that does not come is silence too', async () => {
  const ws = await connected()
  ws.die()
  const opened = await attempted(1)
  opened.open()
  await vi.advanceTimersByTimeAsync(6000)
  expect(opened.readyState).toBe(3)
  await attempted(2)
  expect(tickets).toBe(2)
})

test('in a long outage it outlasts what the browser holds back', async () => {
  await swallowed()
  for (let i = 1; i <= 10; i++) {
    const ws = await attempted(i)
    await vi.advanceTimersByTimeAsync(OPEN_MS)
    expect(ws.readyState).toBe(3)
  }
  const patient = await attempted(11)
  await vi.advanceTimersByTimeAsync(PATIENT_OPEN_MS - 1)
  expect(patient.readyState).toBe(0)
})

test('a network that came back is used at once', async () => {
  const ws = await connected()
  ws.die()
  socket.nudge()
  await settle()
  expect(made).toHaveLength(2)
})

test('bye never ends it, bye later waits as long as it says', async () => {
  const ws = await connected()
  ws.say({ type: 'bye', code: 'restarting', reconnect: 'later', retry_after_s: 7 })
  await vi.advanceTimersByTimeAsync(6999)
  expect(made).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(made).toHaveLength(2)
  made[1]!.open()
  made[1]!.say(WELCOME)
  made[1]!.say({ type: 'bye', code: 'revoked', reconnect: 'never', retry_after_s: null })
  expect(states.at(-1)).toBe('ended')
  expect(byes).toEqual(['revoked'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(made).toHaveLength(2)
})

test('a person who is signed out is not tried again', async () => {
  ticket = () => Promise.reject(new Refusal('sign_in'))
  socket.start()
  await settle()
  expect(states.at(-1)).toBe('ended')
  expect(byes).toEqual(['sign_in'])
})
