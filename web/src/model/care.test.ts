import { signal } from '@preact/signals'
import { expect, test } from 'vitest'
import type { ClientMessage, ClientSample, RoomState, SeenFigures } from '../contract'
import type { PeerState } from './api'
import { Care } from './care'

const STORE = 'p-store'
const CHEN = 'p-chen'

function roomWith(stage: 'ringing' | 'answered', members = 2): RoomState {
  const people = [STORE, CHEN, ...Array.from({ length: members - 2 }, (_, n) => `p-${n}`)].slice(0, members)
  return {
    id: 'room-1',
    kind: members > 2 ? 'session' : 'call',
    closed_at: null,
    call: members > 2 ? null : { stage, caller: STORE },
    members: people.map((id) => ({
      person: { id, role: id === STORE ? 'store' : 'expert' },
      state: 'joined',
      muted: false,
      camera_off: false,
    })),
  } as unknown as RoomState
}

function sample(): ClientSample {
  return { over_s: 5, rtt_ms: 40, sent: [], seen: [] }
}

function seen(fps: number): SeenFigures[] {
  return [{ of: STORE, source: 'camera', fps, frozen: 0, concealed: null }]
}

function world() {
  const said: ClientMessage[] = []
  const inputs = {
    sample: signal<ClientSample | null>(null),
    peer: signal<PeerState>('connected'),
    room: signal<RoomState | null>(roomWith('answered')),
    person: signal<string | null>(STORE),
    muted: signal(false),
    cameraOff: signal(false),
  }
  const state = { nowMs: 0, everyMs: 0 }
  const care = new Care({
    ...inputs,
    setSampleMs: (ms) => {
      state.everyMs = ms
    },
    send: (message) => void said.push(message),
    nowMs: () => state.nowMs,
  })
  /** Another five seconds, in which the expert saw so many pictures a second. */
  const pass = (fps: number | null): void => {
    state.nowMs += 5000
    if (fps !== null) care.heard({ type: 'seen', room: 'room-1', by: CHEN, tracks: seen(fps) })
    inputs.sample.value = sample()
  }
  return { care, inputs, said, state, pass }
}

test('what the other one sees becomes an advice, and following it ends it', () => {
  const { care, pass, said } = world()
  for (let n = 0; n < 6; n++) pass(4)
  expect(care.advice.value?.rule).toBe('they_see_few')
  expect(said.map(({ type }) => type)).toEqual(Array(6).fill('report_figures'))
  care.followed()
  expect(care.advice.value).toBeNull()
  pass(4)
  expect(care.advice.value).toBeNull()
})

test('what the other one said long ago counts no more', () => {
  const { care, pass } = world()
  for (let n = 0; n < 6; n++) pass(4)
  for (let n = 0; n < 5; n++) pass(null)
  expect(care.advice.value).toBeNull()
})

test('a connection that was renewed begins without a complaint', () => {
  const { care, inputs, pass } = world()
  for (let n = 0; n < 6; n++) pass(4)
  inputs.peer.value = 'recovering'
  expect(care.advice.value).toBeNull()
  inputs.peer.value = 'connected'
  for (let n = 0; n < 3; n++) {
    pass(4)
    expect(care.advice.value).toBeNull()
  }
})

test('while it rings nothing is reported', () => {
  const { inputs, pass, said } = world()
  inputs.room.value = roomWith('ringing')
  pass(null)
  expect(said).toEqual([])
})

test('a crowd measures more rarely, and is advised nothing', () => {
  const { care, inputs, pass, said, state } = world()
  expect(state.everyMs).toBe(5000)
  inputs.room.value = roomWith('answered', 30)
  expect(state.everyMs).toBe(15_000)
  for (let n = 0; n < 6; n++) pass(1)
  expect(care.advice.value).toBeNull()
  expect(said.length).toBe(6)
})
