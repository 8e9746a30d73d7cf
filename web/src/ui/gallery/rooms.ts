/** Rooms, archive entries and a replay for the gallery. */
import type {
  ArchiveEntry,
  Chapter,
  EndReason,
  QueuedCall,
  RecordingState,
  Replay,
  RoomState,
} from '../../contract'
import type { Queued } from '../../model/queue'
import { CHEN, HE, KITCHEN, LIU, NOW, STORES, TABLETS, WALL, ZHANG, member } from './people'

const AT = NOW - 372_000
const still = (n: number) => ({
  id: `still-${n}`,
  by: TABLETS[0]!.id,
  asked_by: CHEN.id,
  taken_at: NOW - 200_000 + n * 40_000,
  width_px: 1920,
  height_px: 1080,
})

export function ringing(): RoomState {
  return {
    id: 'room-1',
    ver: 3,
    kind: 'call',
    title: null,
    opened_at: NOW - 14_000,
    closed_at: null,
    end: null,
    members: [
      member(TABLETS[0]!, 'joined'),
      member(CHEN, 'ringing', { joined_at: null }),
      member(ZHANG, 'ringing', { joined_at: null }),
    ],
    call: {
      stage: 'ringing',
      reason: 'equipment',
      equipment: null,
      store: STORES[0]!,
      caller: TABLETS[0]!.id,
      answered_by: null,
      ring_until: NOW + 56_000,
      language: null,
      steps: [
        { who: 'skilled', skills: [], min_level: 1, ring_ms: 20_000, person: null },
        { who: 'skilled', skills: ['equipment', 'dishes'], min_level: 1, ring_ms: 20_000, person: null },
        { who: 'on_call', skills: [], min_level: 1, ring_ms: 30_000, person: null },
      ],
      step: 0,
      step_until: NOW + 6_000,
      queued_at: null,
      wait_until: null,
      promise: null,
      urgent_at: null,
      timings: {
        tap: NOW - 14_000,
        ring: NOW - 13_900,
        answer: null,
        connected: null,
        first_frame: null,
        first_audio: null,
      },
      end: null,
    },
    lobby: [],
    hands: [],
    recording: null,
    stills: [],
  }
}

export function waiting(): RoomState {
  const room = ringing()
  const call = { ...room.call!, stage: 'waiting' as const, step_until: null, queued_at: NOW - 190_000 }
  return {
    ...room,
    members: [room.members[0]!],
    call: {
      ...call,
      wait_until: NOW + 410_000,
      ring_until: NOW + 410_000,
      timings: { ...call.timings, tap: NOW - 192_000 },
    },
  }
}

export function queued(): Queued {
  const line = (n: number, more: Partial<QueuedCall>): QueuedCall => ({
    room: `room-${n}`,
    store: STORES[n - 1]!,
    reason: 'equipment',
    since: NOW - 192_000 + n * 40_000,
    until: NOW + 410_000,
    urgent: false,
    break_at: null,
    position: n,
    about_s: 230 * n,
    experts: [CHEN.id, ZHANG.id],
    ...more,
  })
  return {
    calls: [
      line(1, {}),
      line(2, { reason: 'dishes', position: 1, experts: [LIU.id] }),
      line(3, { position: 2 }),
    ],
    more: 0,
  }
}

export function inCall(stills = 3): RoomState {
  return {
    ...ringing(),
    opened_at: AT - 4000,
    members: [member(TABLETS[0]!, 'joined'), member(CHEN, 'joined', { host: true })],
    call: {
      ...ringing().call!,
      stage: 'answered',
      answered_by: CHEN.id,
      timings: {
        tap: AT - 4100,
        ring: AT - 4020,
        answer: AT,
        connected: AT + 180,
        first_frame: AT + 241,
        first_audio: AT + 270,
      },
    },
    recording: { id: 'rec', state: 'recording', started_at: AT, duration_s: null, saved_in_s: null },
    stills: Array.from({ length: stills }, (_, n) => still(n)),
  }
}

/** A camera that publishes and a screen that watches, by WHIP and WHEP. */
export function withGuests(room: RoomState): RoomState {
  const camera = member(KITCHEN, 'joined', { guest: 'publish' })
  const wall = member(WALL, 'joined', { guest: 'watch', muted: true, camera_off: true })
  return { ...room, members: [...room.members, camera, wall] }
}

export function ended(end: EndReason, state: RecordingState): RoomState {
  const room = inCall(2)
  return {
    ...room,
    closed_at: NOW,
    end,
    call: { ...room.call!, stage: 'ended', end },
    recording: {
      id: 'rec',
      state,
      started_at: AT,
      duration_s: state === 'safe' ? 372 : null,
      saved_in_s: state === 'safe' ? 1.3 : null,
    },
  }
}

export function session(): RoomState {
  return {
    id: 'room-2',
    ver: 9,
    kind: 'session',
    title: { zh: '新品：藤椒鸡腿饭', en: 'New: green-pepper chicken rice' },
    opened_at: NOW - 900_000,
    closed_at: null,
    end: null,
    members: [
      member(HE, 'joined', { host: true }),
      member(TABLETS[0]!, 'joined'),
      member(TABLETS[1]!, 'joined', { muted: true }),
      member(TABLETS[2]!, 'joined', { camera_off: true }),
      member(TABLETS[3]!, 'joined'),
      member(TABLETS[4]!, 'invited', { joined_at: null }),
      member(TABLETS[5]!, 'left'),
    ],
    call: null,
    lobby: [],
    hands: [
      { person: TABLETS[1]!.id, raised_at: NOW - 130_000 },
      { person: TABLETS[0]!.id, raised_at: NOW - 50_000 },
    ],
    recording: {
      id: 'rec2',
      state: 'recording',
      started_at: NOW - 890_000,
      duration_s: null,
      saved_in_s: null,
    },
    stills: [],
  }
}

function filed(n: number, more: Partial<ArchiveEntry>): ArchiveEntry {
  return {
    room: `room-${n}`,
    kind: 'call',
    title: null,
    reason: 'equipment',
    equipment: null,
    store: STORES[0]!,
    people: [TABLETS[0]!, CHEN],
    opened_at: NOW - n * 68_400_000,
    closed_at: NOW - n * 68_400_000 + 372_000,
    end: 'hung_up',
    recording: 'safe',
    deleted_at: null,
    damaged: false,
    duration_s: 372,
    published: [],
    progress_s: null,
    done: false,
    ...more,
  }
}
export const ENTRIES: ArchiveEntry[] = [
  filed(1, { published: ['learner'], progress_s: 140 }),
  filed(2, { reason: 'dishes', people: [TABLETS[0]!, LIU], duration_s: 220, done: true, progress_s: 220 }),
  filed(3, {
    reason: 'any',
    recording: 'off',
    duration_s: null,
    end: 'missed',
    people: [TABLETS[0]!],
  }),
  filed(4, {
    kind: 'session',
    title: { zh: '新品：藤椒鸡腿饭', en: 'New: green-pepper chicken rice' },
    reason: null,
    store: null,
    people: [HE, ...TABLETS.slice(0, 4)],
    duration_s: 2526,
    published: ['learner', 'store'],
  }),
  filed(6, { damaged: true, people: [TABLETS[1]!, LIU], store: STORES[1]! }),
  filed(700, { recording: 'deleted', deleted_at: NOW - 86_400_000, reason: 'dishes' }),
  filed(9, { recording: 'recovered', store: STORES[3]!, people: [TABLETS[3]!, ZHANG], reason: 'other' }),
]

const chat = (t_s: number, person: string, body: string): Chapter => ({
  t_s,
  kind: 'chat',
  person,
  still: null,
  message: { type: 'message', ch: 'room:1', seq: 1, cid: 'c', sender: person, ts: NOW, body, operator: null },
})
const shop = TABLETS[0]!.id
export const REPLAY: Replay = {
  entry: { ...ENTRIES[0]!, damaged: true },
  timings: inCall().call!.timings,
  parts: [],
  gaps: [
    { participant: shop, source: 'camera', start_s: 118, end_s: 126, reason: 'network' },
    { participant: shop, source: 'camera', start_s: 310, end_s: 325, reason: 'disk_full' },
    { participant: CHEN.id, source: 'camera', start_s: 240, end_s: 243, reason: 'worker' },
    { participant: CHEN.id, source: 'camera', start_s: 310, end_s: 325, reason: 'disk_full' },
  ],
  points: [],
  chapters: [
    { t_s: 0, kind: 'joined', person: shop, still: null, message: null },
    { t_s: 0.4, kind: 'joined', person: CHEN.id, still: null, message: null },
    chat(52, CHEN.id, '铭牌上的二维码拍近一点'),
    { t_s: 71, kind: 'still', person: shop, still: still(0), message: null },
    chat(96, shop, '拍好了，是 FR-0117-03。屏幕上还是 E-04'),
    { t_s: 188, kind: 'still', person: shop, still: still(1), message: null },
    chat(222, CHEN.id, '先旋到 0，再按住红色复位键 3 秒，别碰探头'),
    chat(262, shop, '好了，油温在降'),
    { t_s: 371, kind: 'left', person: shop, still: null, message: null },
  ],
  may_publish: true,
}

/** CHEN calls the first store, which has declined on one of two tablets. */
export function calling(): RoomState {
  const spare = { ...TABLETS[0]!, id: 'p-spare', name: { zh: '静安寺店后厨', en: "Jing'an Temple kitchen" } }
  return {
    ...ringing(),
    members: [
      member(CHEN, 'joined', { host: true }),
      member(TABLETS[0]!, 'ringing', { joined_at: null }),
      member(spare, 'declined', { joined_at: null }),
    ],
    call: { ...ringing().call!, caller: CHEN.id, steps: [], step_until: null },
  }
}

/** LIU rings: CHEN has asked for her. */
export function asking(instead = false): RoomState {
  const room = inCall()
  const asked = { by: CHEN.id, until: NOW + 24_000, instead }
  return { ...room, members: [...room.members, member(LIU, 'ringing', { joined_at: null, asked })] }
}

/** LIU has joined. */
export function three(): RoomState {
  const room = inCall()
  const asked = { by: CHEN.id, until: NOW - 100_000, instead: false }
  return { ...room, members: [...room.members, member(LIU, 'joined', { asked })] }
}
