/** A model that stands still: every signal holds a fixture, every act succeeds and changes nothing. */
import { signal } from '@preact/signals'
import wide from '../../../../passline/demo_pictures/fryer.jpg'
import panel from '../../../../passline/demo_pictures/fr-panel.jpg'
import part from '../../../../passline/demo_pictures/part.jpg'
import type { Me, Part, Person, RoomId, RoomState } from '../../contract'
import type { ChatLine, Model, Player, Pointer } from '../../model/api'
import { QUALITY } from './figures'
import { LINES } from './lines'
import { CHEN, HE, LIU, NOW, TABLETS, ZHANG, ZHOU, entry } from './people'
import { POLICIES } from './policies'
import { ENTRIES, REPLAY } from './rooms'

export interface Scene {
  me: Person | null
  current?: RoomState | null
  incoming?: RoomState[]
  invitations?: RoomState[]
  summary?: RoomState | null
  elsewhere?: RoomState | null
  offered?: RoomId | null
  more?: Partial<Model>
}

const done = (): Promise<void> => Promise.resolve()

/** Shows a still picture as if it were a camera, that stops after `forMs`. */
export function film(element: HTMLVideoElement, url: string, forMs = Infinity): () => void {
  const board = document.createElement('canvas')
  board.width = 1280
  board.height = 720
  const picture = new Image()
  picture.onload = () => {
    const context = board.getContext('2d')!
    const paint = (): void => {
      const scale = Math.max(1280 / picture.width, 720 / picture.height)
      const width = picture.width * scale
      const height = picture.height * scale
      context.drawImage(picture, (1280 - width) / 2, (720 - height) / 2, width, height)
    }
    paint()
    const timer = setInterval(paint, 200)
    if (forMs < Infinity) setTimeout(() => clearInterval(timer), forMs)
  }
  picture.src = url
  element.srcObject = board.captureStream(5)
  element.muted = true
  void element.play().catch(() => undefined)
  return () => {
    element.srcObject = null
  }
}
export const pictureOf = (person: string): string =>
  person.startsWith('p-store') ? (person.endsWith('7') ? wide : panel) : part

const line = (
  n: number,
  sender: string,
  mine: boolean,
  body: string,
  tick: ChatLine['tick'] = 'read',
): ChatLine => ({
  cid: `c${n}`,
  seq: n,
  sender,
  mine,
  body,
  ts: NOW - 240_000 + n * 30_000,
  tick,
  problem: null,
})

export function lines(me: string): ChatLine[] {
  const shop = me.startsWith('p-store')
  const other = shop ? CHEN.id : TABLETS[0]!.id
  return [
    line(1, shop ? me : other, shop, '早上开始报警，油温升不上去'),
    line(2, shop ? other : me, !shop, '铭牌上的二维码拍近一点'),
    line(3, shop ? me : other, shop, '拍好了，是 FR-0117-03。屏幕上还是 E-04'),
    line(4, me, true, shop ? '好' : '先旋到 0', 'delivered'),
  ]
}

function trail(on: string): Pointer[] {
  const now = performance.now()
  return Array.from({ length: 14 }, (_, n) => ({
    by: CHEN.id,
    on,
    x: 0.46 + 0.009 * n,
    y: 0.5 + 0.05 * Math.sin(n / 4),
    atMs: now - 900 + n * 60,
  }))
}

function player(): Player {
  const part = (participant: string, offset_s: number, duration_s: number): Part => ({
    file: `${participant}-${offset_s}.webm`,
    participant,
    mime: 'video/webm',
    has_video: true,
    has_audio: true,
    offset_s,
    duration_s,
    width_px: 1280,
    height_px: 720,
    size_bytes: 1,
    sha256: '',
  })
  const shop = TABLETS[0]!.id
  const t = signal(222)
  const playing = signal(false)
  const rate = signal(1.25)
  return {
    replay: REPLAY,
    t,
    durationS: 372,
    playing,
    rate,
    waiting: signal(false),
    soundBlocked: signal(false),
    chapter: signal(null),
    points: signal([{ by: CHEN.id, on: shop, x: 0.61, y: 0.62, atMs: 0 }]),
    gaps: signal([]),
    people: [shop, CHEN.id],
    partsOf: (id) => (id === shop ? [part(id, 0, 118), part(id, 126, 246)] : [part(id, 0.4, 371)]),
    visible: () => signal(true),
    bind: (element, person) => film(element, pictureOf(person)),
    play: done,
    pause: () => undefined,
    toggle: () => (playing.value = !playing.value),
    seek: (to) => (t.value = Math.min(372, Math.max(0, to))),
    setRate: (to) => (rate.value = to),
    close: () => undefined,
  } as Player
}

function moving(room: RoomState | null): Model['pointers'] {
  const seen = signal<Pointer[]>([])
  if (room) setInterval(() => (seen.value = trail(TABLETS[0]!.id)), 100)
  return seen
}

export function fake(scene: Scene): Model {
  const me: Me | null = scene.me && {
    person: scene.me,
    also: [],
    partly: scene.me.role === 'manager' ? ['manager'] : [],
    chain: { zh: '小灶堂', en: 'Little Stove' },
    version: '0.1.0',
    ring_s: 30,
    policies: POLICIES,
  }
  const room = scene.current ?? null
  const mine = scene.me?.id ?? ''
  const others = room?.members.filter((one) => one.person.id !== mine && one.state === 'joined') ?? []
  const written = lines(mine)
  const experts = [
    entry(CHEN, 'free'),
    entry(ZHANG, 'free', 42),
    entry(ZHOU, 'free', 9),
    entry(LIU, 'busy', 7),
  ]
  const model: Partial<Model> = {
    me: signal(me),
    link: signal('online'),
    bye: signal(null),
    now: () => NOW,
    tick: signal(NOW),
    presence: signal(
      new Map([...experts, ...TABLETS.map((one) => entry(one, 'free'))].map((one) => [one.person.id, one])),
    ),
    experts: signal(experts),
    colleagues: signal([...experts, entry(HE, 'free')]),
    stores: signal(TABLETS.map((one, n) => entry(one, n === 4 ? 'offline' : 'free'))),
    directory: () => Promise.resolve({ experts, stores: TABLETS.map((one) => entry(one, 'free')) }),
    rooms: signal(new Map()),
    incoming: signal(scene.incoming ?? []),
    invitations: signal(scene.invitations ?? []),
    callbacks: signal([]),
    queue: signal({ calls: [], more: 0 }),
    urgent: signal(null),
    push: { state: signal('off'), turnOn: done, turnOff: done },
    rings: {
      missed: () => Promise.resolve({ calls: [] }),
      rates: () => Promise.resolve({ lines: [], left_out: 0, regions: [] }),
    },
    timings: {
      list: () => Promise.resolve({ lines: [], left_out: 0, weeks: [], regions: [] }),
      exportUrl: () => '',
    },
    current: signal(room),
    answering: signal(null),
    self: signal(room?.members.find((one) => one.person.id === mine) ?? null),
    elsewhere: signal(scene.elsewhere ?? null),
    summary: signal(scene.summary ?? null),
    outcome: signal(null),
    places: signal([]),
    handingOver: signal(null),
    handedInVain: signal(0),
    offeredHere: signal(scene.offered ?? null),
    notHere: () => undefined,
    chat: () => ({ lines: signal(written), unread: signal(2) }),
    readChat: () => undefined,
    capture: signal({ state: 'on', cameraProblem: null, microphoneProblem: null }),
    preview: signal(null),
    level: signal(0.55),
    watchLevel: () => () => undefined,
    muted: signal(false),
    cameraOff: signal(false),
    facing: signal('environment'),
    cameras: signal([
      { id: 'a', label: 'Back camera' },
      { id: 'b', label: 'Front camera' },
    ]),
    microphones: signal([{ id: 'm', label: 'Built-in microphone' }]),
    closeDevices: () => undefined,
    peer: signal('connected'),
    replacing: signal(false),
    busyUntil: signal(null),
    lostSince: signal(null),
    rates: signal({ sentFps: 14, seenFps: 14 }),
    remote: signal(
      new Map(
        others.map((one) => [
          one.person.id,
          { person: one.person.id, camera: new MediaStream(), screen: null, audio: true, paused: false },
        ]),
      ),
    ),
    stage: signal(others.map((one) => one.person.id)),
    quality: signal('good'),
    soundBlocked: signal(false),
    videoFor: () => document.createElement('video'),
    bindVideo: (element, person) => film(element, pictureOf(person)),
    bindPreview: (element) => film(element, pictureOf(mine)),
    pointers: moving(room),
    point: () => undefined,
    still: signal(null),
    stillUrl: (_room, still) => (still.endsWith('1') ? panel : wide),
    archive: {
      list: () => Promise.resolve({ entries: ENTRIES, next: null }),
      get: () => Promise.resolve(REPLAY),
      open: player,
      publish: done,
      fileUrl: () => '',
      quality: () => Promise.resolve(QUALITY),
    },
    audit: {
      list: () => Promise.resolve({ lines: LINES, next: 4_180 }),
      exportUrl: () => '#',
    },
    ...scene.more,
  }
  return new Proxy(model as Model, {
    get: (target, key) => (key in target ? target[key as keyof Model] : done),
  })
}
