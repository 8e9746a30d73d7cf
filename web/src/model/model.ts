/** The one model of this tab: puts session, rooms, chats, capture and media together. */
import { batch, computed, effect, signal, untracked } from '@preact/signals'
import type {
  Directory,
  Ice,
  Invitation,
  Layout,
  Me,
  OwnSelfTest,
  PeerAnswer,
  PersonId,
  Policies,
  ProbeAnswer,
  Role,
  RoomEvent,
  RoomId,
  RoomState,
  SetupState,
  SignInWays,
} from '../contract'
import { DESKTOP, TABLET, TRAINER_DESK, roomChannel } from '../contract'
import { lang } from '../i18n'
import type { Wish } from '../link/commands'
import { call } from '../link/http'
import { tryLock } from '../link/lock'
import { Refusal } from '../link/refusal'
import { Capture } from '../rtc/capture'
import { meter } from '../rtc/level'
import type { Target } from '../rtc/media'
import { Media } from '../rtc/media'
import {
  handSound,
  listenForTouch,
  remindSound,
  soundAllowed,
  soundBlocked,
  unblockSound,
} from '../rtc/sound'
import { playMusic } from '../rtc/music'
import { keepAwake } from '../rtc/wakelock'
import { Ways } from '../rtc/ways'
import type { CheckUp, Device, Model } from './api'
import { archive } from './archive'
import { audit } from './audit'
import { Callbacks, callbackActs } from './callbacks'
import { Care } from './care'
import { Chats } from './chats'
import { exposeDebug } from './debug'
import { equipment } from './equipment'
import { Firsts } from './firsts'
import { scan } from './scan'
import { LiveHealth } from './health'
import { organisation } from './organisation'
import { passkeyDesk } from './passkeys'
import { policies } from './policies'
import { quiet } from './quiet'
import { bots } from './bots'
import { createPush } from './push'
import { rings } from './rings'
import { timings } from './timings'
import { routing } from './routing'
import { createTakeOver } from './takeover'
import { People } from './people'
import { Queue, queueActs } from './queue'
import { bindLocal, bindRemote } from './pictures'
import { followHolds } from './onhold'
import { Places } from './places'
import { soundOf, startRinging } from './ringing'
import { isOpen, isShared, memberOf, oppositeIn } from './room'
import { holds } from './roles'
import { Rooms } from './rooms'
import { Seat } from './seat'
import { SelfTests } from './selftest'
import { Session } from './session'
import { Stills, stillUrl } from './stills'
import type { Outcome } from './third'
import { outcomeOf } from './third'
import { OwnStay, visitActs } from './visitors'

const LAYOUTS: Partial<Record<Role, Layout>> = {
  store: TABLET,
  visitor: TABLET,
  expert: DESKTOP,
  trainer: TRAINER_DESK,
}

/** Who answers for stores, and so for their tablets. */
const OVERSEE: readonly Role[] = ['admin', 'manager', 'store_manager', 'operations']

const LINGER_MS = 300

function createModel(): Model {
  const person = signal<PersonId | null>(null)
  const chats = new Chats(person)
  const people = new People()
  const seat = new Seat()
  const capture = new Capture()
  const stills = new Stills()
  const accepting = signal<RoomId | null>(null)
  const calling = signal(false)
  const checking = signal(false)
  /** The tablet looks at itself: gives way to all the others. */
  const testing = signal(false)
  const level = signal(0)
  const ringTitle = signal<(room: RoomState) => string>(
    (room) => `☎ ${room.call?.store.name.zh ?? 'Passline'}`,
  )
  const outcome = signal<Outcome | null>(null)
  const callbacks = new Callbacks()
  const queue = new Queue()
  const stay = new OwnStay()
  const health = new LiveHealth()

  const session: Session = new Session(
    {
      onWelcome: (welcome, before) => {
        const room = rooms.current.peek()?.id ?? null
        rooms.welcome()
        places.welcome()
        batch(() => {
          if (room !== null && before !== null && !welcome.resumed) seat.rejoining.value = room
          session.id.value = welcome.session
        })
        if (session.me.peek()?.person.role === 'visitor') void stay.comeIn(issue)
        else if (seat.rejoining.peek() !== null && room !== null) void seat.regain(room, seats)
      },
      onMessage: (message) => {
        if (message.type === 'media_moved') media.movedAway(message.room)
        if (message.type === 'seen') care.heard(message)
        if (message.type === 'tablet_taken') session.taken(message.operator)
        if (message.type === 'policies') session.ruled(message.policies as Policies)
        if (message.type === 'self_test_wanted') void selfTests.ordered()
        if (
          callbacks.take(message) ||
          queue.take(message) ||
          stay.take(message) ||
          places.take(message) ||
          health.take(message) ||
          rooms.take(message) ||
          message.type !== 'presence'
        )
          return
        people.merge(message.entries as Parameters<People['merge']>[0])
        void seat.look(seats).then((rejoined) => {
          if (rejoined) adopt()
        })
      },
      onDelivery: (store, delivery) => chats.attach(store, delivery),
      onRolesChanged: () => people.clear(),
      onLeave: () => {
        batch(() => {
          rooms.clear()
          people.clear()
          callbacks.clear()
          queue.clear()
          health.clear()
          chats.clear()
          seat.forget()
          calling.value = false
          accepting.value = null
          checking.value = testing.value = false
        })
      },
    },
    chats,
  )
  effect(() => {
    person.value = session.person.value
  })

  const rooms: Rooms = new Rooms({
    person,
    session: session.id,
    rejoining: seat.rejoining,
    send: (message) => session.send(message),
    onEvent: (room, event, before) => onEvent(room, event, before),
  })
  queue.follow({ person, current: rooms.current, tick: session.clock.tick })
  const issue = (wish: Wish, options?: { fleeting?: boolean }) => session.commands.issue(wish, options)
  const wish = async (command: Wish): Promise<void> => {
    await issue(command)
  }
  const takeOver = createTakeOver({
    me: () => session.me.peek(),
    become: (me) => (session.me.value = me),
  })
  const push = createPush({
    me: session.me,
    session: session.id,
    incoming: rooms.incoming,
    device: () => session.device(),
  })
  const seats = {
    current: rooms.current,
    elsewhere: rooms.elsewhere,
    join: (room: RoomId) => issue({ type: 'join_room', room, consent: true }),
    holds: (room: RoomId) => {
      const state = rooms.rooms.value.get(room)
      const member = state && person.value !== null ? memberOf(state, person.value) : null
      return member?.session === session.id.value
    },
    heldBy: (room: RoomState) => {
      const member = person.value === null ? null : memberOf(room, person.value)
      return member?.session ?? null
    },
  }
  seat.follow(seats)
  const places: Places = new Places({
    person,
    rooms: rooms.rooms,
    capture,
    join: seats.join,
    offer: (room, to) => wish({ type: 'hand_over', room, to }),
    knock: () => void handSound(),
  })

  const ways = new Ways(person, () => call<Ice>('GET', '/api/ice'))
  const linked = computed(() => session.link.value === 'online')
  const media = new Media(
    capture,
    linked,
    async ({ room, session: id, layout }, pc_gen, sdp, signal) => {
      const answer = await call<PeerAnswer>('POST', `/api/rooms/${encodeURIComponent(room)}/peers`, {
        body: { session: id, pc_gen, layout, sdp },
        signal,
      })
      return answer.sdp
    },
    () => ways.get(),
  )

  const care: Care = new Care({
    sample: media.sample,
    peer: media.peer,
    room: rooms.current,
    person,
    muted: capture.muted,
    cameraOff: capture.cameraOff,
    setSampleMs: (ms) => {
      media.sampleMs = ms
    },
    send: (message) => session.send(message),
    nowMs: () => performance.now(),
  })

  /* ---- where the media goes ---- */
  const target = computed((): string => {
    const current = rooms.current.value
    const room = current?.id ?? accepting.value ?? rooms.incoming.value[0]?.id
    const role = session.me.value?.person.role
    if (room === undefined || session.id.value === null || role === undefined) return 'null'
    const publish = current !== null || accepting.value === room
    const state = rooms.rooms.value.get(room)
    const aim: Target = {
      room,
      session: session.id.value,
      layout: LAYOUTS[role] ?? DESKTOP,
      layered: state !== undefined && isShared(state),
      publish,
      first: publish ? oppositeIn(state, person.value) : null,
    }
    return JSON.stringify(aim)
  })
  // While the seat moves to a new session the server does not know our leg's owner yet: keep what runs.
  effect(() => {
    if (seat.rejoining.value !== null) return
    const aim = JSON.parse(target.value) as Target | null
    untracked(() => media.aim(aim))
  })

  /* ---- own devices follow what they are needed for ---- */
  const inCall = computed(
    () =>
      rooms.current.value !== null ||
      accepting.value !== null ||
      places.coming.value !== null ||
      calling.value,
  )
  const needed = computed(() => inCall.value || checking.value || testing.value)
  effect(() => {
    const role = session.me.value?.person.role
    if (role) untracked(() => capture.prefer(role === 'store' ? 'environment' : 'user'))
  })
  effect(() => {
    if (needed.value) {
      untracked(() => void capture.open())
      return undefined
    }
    // Between `done` and the room's own message nothing needs the camera for a blink.
    const timer = setTimeout(() => capture.close(), LINGER_MS)
    return () => clearTimeout(timer)
  })
  effect(() => {
    const room = accepting.value === null ? undefined : rooms.rooms.value.get(accepting.value)
    if (accepting.value !== null && (!room || !isOpen(room))) accepting.value = null
  })

  const tellMedia = async (): Promise<void> => {
    const room = rooms.current.peek()?.id
    if (room === undefined) return
    await wish({ type: 'set_media', room, muted: capture.muted.peek(), camera_off: capture.cameraOff.peek() })
  }
  /** After a reload the seat's own word counts: somebody who was muted stays muted. */
  const adopt = (): void => {
    const self = rooms.self.peek()
    if (!self) return
    capture.setMuted(self.muted)
    void capture.setCameraOff(self.camera_off)
  }
  const currentId = computed(() => rooms.current.value?.id ?? null)
  effect(() => {
    const id = currentId.value
    if (id === null) return undefined
    untracked(() => {
      rooms.hold(id)
      calling.value = false
      if (accepting.value === id) accepting.value = null
      if (session.me.peek()?.person.role !== 'visitor') session.follow(roomChannel(id))
      const self = rooms.self.peek()
      const differs =
        self && (self.muted !== capture.muted.peek() || self.camera_off !== capture.cameraOff.peek())
      if (differs && seat.rejoining.peek() === null) void tellMedia().catch(() => undefined)
    })
    session.setBrisk(true)
    const sleep = keepAwake()
    return () => {
      places.settled()
      session.setBrisk(false)
      session.attendance.touched()
      sleep()
    }
  })

  const onEvent = (room: RoomState, event: RoomEvent, before: RoomState): void => {
    const me = person.peek()
    if (me === null || room.id !== currentId.peek()) return
    soundOf(room, event, before, me)
    outcome.value = outcomeOf(before, event, me, session.clock.now()) ?? outcome.peek()
    if (event.type === 'still_requested' && event.of === me) {
      void stills.answer(room.id, event.by, capture.camera.peek())
    } else if (event.type === 'all_muted' && event.by !== me) {
      capture.setMuted(true)
    }
  }

  startRinging({
    person,
    session: session.id,
    incoming: rooms.incoming,
    current: rooms.current,
    accepting,
    heard: computed(() => media.remote.people.value.size > 0),
    reportRung: (room) =>
      void issue({
        type: 'rung',
        room,
        hidden: document.visibilityState === 'hidden',
        silent: !soundAllowed(),
      }).catch(() => undefined),
    title: (room) => ringTitle.peek()(room),
  })

  followHolds({
    current: rooms.current,
    person,
    tick: session.clock.tick,
    play: playMusic,
    remind: () => void remindSound(),
  })

  effect(() => {
    const quality = media.quality.value
    const room = currentId.value
    if (room === null || quality === 'unknown') return
    void issue({ type: 'report_quality', room, quality }, { fleeting: true }).catch(() => undefined)
  })

  const firsts = new Firsts({
    current: rooms.current,
    self: rooms.self,
    heard: media.heard,
    issue: (first, options) => session.commands.issue(first, options),
  })

  /* ---- the meter runs while somebody looks ---- */
  const watchers = signal(0)
  effect(() => {
    const track = capture.microphone.value
    if (watchers.value === 0 || !track) return undefined
    return meter(track, (value) => {
      level.value = value
    })
  })

  /* ---- the tablet looks at itself ---- */
  let madeCheckUp: CheckUp | null = null
  const checkUp = async (): Promise<CheckUp> => {
    const { createCheckUp } = await import('./checkup')
    return (madeCheckUp ??= createCheckUp({
      link: session.link,
      capture: capture.state,
      camera: capture.camera,
      microphone: capture.microphone,
      openDevices: () => {
        testing.value = true
        return capture.open()
      },
      closeDevices: () => {
        testing.value = false
      },
      aheadMs: () => (session.link.peek() === 'online' ? Date.now() - session.clock.now() : null),
      ways: () => ways.get(),
      ask: (offer) => call<ProbeAnswer>('POST', '/api/probes', { body: offer }),
      upload: (body, signal) => call('POST', '/api/self-tests/upload', { body, signal }),
      knock: () => call<Me>('GET', '/api/me'),
    }))
  }
  const selfTests: SelfTests = new SelfTests({
    tablet: computed(() => (session.me.value?.person.role === 'store' ? person.value : null)),
    version: () => session.me.peek()?.version ?? '?',
    free: computed(
      () => linked.value && !inCall.value && rooms.incoming.value.length === 0 && !checking.value,
    ),
    checkUp,
    learn: () => call<OwnSelfTest>('GET', '/api/self-tests/own'),
    report: (body) => call('POST', '/api/self-tests', { body }),
    alone: () => tryLock('passline-self-test'),
    nowMs: () => session.clock.now(),
    monoMs: () => performance.now(),
  })

  effect(() => {
    if (linked.value && holds(session.me.value, OVERSEE)) untracked(() => health.count())
  })

  const devices = (list: readonly MediaDeviceInfo[]): Device[] =>
    list.map(({ deviceId, label }) => ({ id: deviceId, label }))

  // The wish goes out before the camera opens: opening keeps the page busy for a moment.
  const place = async (call: Wish): Promise<RoomId> => {
    const opened = issue(call)
    calling.value = true
    try {
      const room = await opened
      if (room === null) throw new Refusal('internal', 'done without a room')
      rooms.hold(room)
      return room
    } finally {
      calling.value = false
    }
  }

  const model: Model = {
    me: session.me,
    signIn: (login, password) => session.signIn(login, password),
    signOut: () => session.signOut(),
    setupNeeded: async () => (await call<SetupState>('GET', '/api/setup')).needed,
    checkSetup: async (token) => {
      await call<null>('POST', '/api/setup/check', { body: { token } })
    },
    setUp: (asked) => session.setUp(asked),
    checkInvitation: (token) => call<Invitation>('POST', '/api/invitation/check', { body: { token } }),
    acceptInvitation: (token, password) => session.acceptInvitation(token, password),
    signInWays: () => call<SignInWays>('GET', '/api/signin'),
    passkeys: passkeyDesk((credential) => session.byPasskey(credential)),
    toProvider: (path) => session.toProvider(path),
    fromProvider: (query) => session.fromProvider(query),
    breakGlass: (token) => session.breakGlass(token),
    enrol: (code) => session.enrol(code),
    enterVisit: (token, name, company) => session.enterVisit(token, name, company),
    comeIn: () => stay.comeIn(issue),
    leaveVisit: () => stay.leave(wish),
    stay: stay.state,
    ...visitActs(wish),

    link: session.link,
    bye: session.bye,
    now: () => session.clock.now(),
    tick: session.clock.tick,

    presence: people.presence,
    experts: people.experts,
    stores: people.stores,
    directory: () => call<Directory>('GET', '/api/directory'),

    rooms: rooms.rooms,
    incoming: rooms.incoming,
    invitations: rooms.invitations,
    current: rooms.current,
    answering: computed(() => rooms.rooms.value.get(accepting.value ?? '') ?? null),
    self: rooms.self,
    elsewhere: rooms.elsewhere,
    summary: rooms.summary,
    dismissSummary: () => rooms.dismissSummary(),

    startCall: (reason, equipment, to) =>
      place({
        type: 'start_call',
        reason,
        age_ms: 0,
        language: lang.value === 'en' ? 'en' : 'zh',
        equipment: equipment ?? null,
        person: to?.person ?? null,
        group: to?.group ?? null,
      }),
    callStore: (store, reason) => place({ type: 'call_store', store, reason, age_ms: 0 }),
    acceptCall: async (room) => {
      const accepted = issue({ type: 'accept_call', room })
      accepting.value = room
      try {
        await accepted
      } catch (error) {
        accepting.value = null
        throw error
      }
    },
    declineCall: (room, backInS) => wish({ type: 'decline_call', room, back_in_s: backInS ?? null }),
    cancelCall: (room) => wish({ type: 'cancel_call', room }),
    bringIn: (room, expert, instead) => wish({ type: 'bring_in', room, person: expert, instead }),
    callOff: (room, expert) => wish({ type: 'call_off', room, person: expert }),
    outcome,
    holdCall: (room, on) => wish({ type: 'hold_call', room, on }),
    places: places.clients,
    handingOver: places.asked,
    handedInVain: places.inVain,
    handOver: (room, to) => places.handOver(room, to),
    offeredHere: places.offered,
    notHere: () => places.decline(),
    takeHere: (room) => places.come(room),
    openSession: async (title, invite) => {
      const room = await issue({ type: 'open_session', title, invite: [...invite] })
      if (room === null) throw new Refusal('internal', 'done without a room')
      return room
    },
    joinRoom: (room, consent) => wish({ type: 'join_room', room, consent }),
    leaveRoom: (room) => wish({ type: 'leave_room', room }),
    closeRoom: (room) => wish({ type: 'close_room', room }),
    muteAll: (room) => wish({ type: 'mute_all', room }),
    raiseHand: (room, up) => wish({ type: 'raise_hand', room, up }),
    lowerHand: (room, of) => wish({ type: 'lower_hand', room, person: of }),

    chat: (room) => chats.view(room),
    sendChat: (room, body) => chats.post(room, body),
    readChat: (room) => chats.read(room),
    retryChat: async (cid) => session.messages?.retryEntry(cid),
    discardChat: async (cid) => session.messages?.discard(cid),

    capture: capture.state,
    preview: capture.preview,
    level,
    watchLevel: () => {
      watchers.value = watchers.peek() + 1
      let over = false
      return () => {
        if (!over) watchers.value = watchers.peek() - 1
        over = true
      }
    },
    muted: capture.muted,
    cameraOff: capture.cameraOff,
    facing: capture.facing,
    cameras: computed(() => devices(capture.cameras.value)),
    microphones: computed(() => devices(capture.microphones.value)),
    openDevices: () => {
      // Tried again in a call, it is the call's: nobody else would close it.
      if (!inCall.peek()) checking.value = true
      return capture.open()
    },
    closeDevices: () => {
      checking.value = false
    },
    setMuted: (muted) => {
      capture.setMuted(muted)
      return tellMedia()
    },
    setCameraOff: async (off) => {
      await Promise.all([capture.setCameraOff(off), tellMedia()])
    },
    switchCamera: () => capture.switchCamera(),
    useCamera: (id) => capture.useCamera(id),
    useMicrophone: (id) => capture.useMicrophone(id),

    peer: media.peer,
    lostSince: computed(() => {
      const since = media.lostSinceMs.value
      return since === null ? null : session.clock.now() - (performance.now() - since)
    }),
    replacing: media.replacing,
    busyUntil: computed(() => {
      const until = media.busyUntilMs.value
      return until === null ? null : session.clock.now() + (until - performance.now())
    }),
    tryAgain: () => media.tryAgain(),
    remote: media.remote.people,
    stage: media.remote.stage,
    quality: media.quality,
    rates: media.rates,
    soundBlocked,
    unblockSound,
    setRingTitle: (words) => {
      ringTitle.value = words
    },
    bindVideo: (element, of, source = 'camera') =>
      bindRemote(element, media.remote, media.sizes, of, source, () => firsts.saw(of)),
    bindPreview: (element) => bindLocal(element, capture.preview),
    pointers: media.pointers.seen,
    point: (on, x, y) => {
      const me = person.peek()
      if (me !== null) media.point(me, on, x, y)
    },
    askStill: (room, of) => wish({ type: 'ask_still', room, of }),
    still: stills.state,
    sendStill: (room) => stills.answer(room, null, capture.camera.peek()),
    advice: care.advice,
    followAdvice: () => care.followed(),
    stillUrl,

    archive,
    callbacks: callbacks.due,
    ...callbackActs,
    queue: queue.waiting,
    urgent: queue.urgent,
    dismissUrgent: (room) => queue.dismiss(room),
    ...queueActs(wish),
    audit,
    organisation,
    equipment,
    scan,
    routing,
    policies,
    quiet,
    bots,
    rings,
    timings,
    push,
    takeOver,

    checkUp: async () => {
      const made = await checkUp()
      return {
        ...made,
        run: async (asked) => {
          const checks = await made.run(asked)
          if (checks) void selfTests.byHand(checks)
          return checks
        },
      }
    },
    ownTest: selfTests.last,
    health,
    failingStores: health.failing,

    start: async () => {
      listenForTouch()
      selfTests.start()
      exposeDebug(model, media)
      await session.start()
    },
  }
  return model
}

export const model: Model = createModel()
