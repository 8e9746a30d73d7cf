/**
 * What screens may read and do: every signal and every act of the client, without bodies.
 *
 * Signals are read-only for `ui/`; acts return promises that reject with a `Refusal`. Times are UTC milliseconds on
 * the server's clock unless a name says otherwise.
 */
import type { ReadonlySignal } from '@preact/signals'
import type {
  ArchivePage,
  AuditPage,
  ByeCode,
  Callback,
  CallQuality,
  Chapter,
  CheckFound,
  Cid,
  Directory,
  Gap,
  Invitation,
  Me,
  Member,
  Name,
  Operator,
  OwnClient,
  Part,
  PersonId,
  PresenceEntry,
  Quality,
  QueuedCall,
  Reason,
  Replay,
  Role,
  RoomId,
  RoomState,
  SessionId,
  SelfTest,
  Setup,
  SignInWays,
  Skill,
  Source,
  StoreId,
} from '../contract'
import type { DeviceProblem, RefusalCode } from '../link/refusal'
import type { Advice } from './advice'
import type { AuditWish } from './audit'
import type { EquipmentDesk } from './equipment'
import type { Health } from './health'
import type { Organisation } from './organisation'
import type { PasskeyDesk } from './passkeys'
import type { Queued } from './queue'
import type { PoliciesDesk } from './policies'
import type { BotDesk } from './bots'
import type { QuietDesk } from './quiet'
import type { PushDesk } from './push'
import type { RingsDesk } from './rings'
import type { TimingsDesk } from './timings'
import type { RoutingDesk } from './routing'
import type { ScanEvents } from './scan'
import type { TakeOver } from './takeover'
import type { Outcome } from './third'
import type { Stay, Visits } from './visitors'

export type { Advice } from './advice'
export { Refusal } from '../link/refusal'
export type { DeviceProblem, RefusalCode } from '../link/refusal'

/**
 * How the signaling link is. `idle`: not signed in. `connecting`: the first time. `online`. `offline`: lost, tried again
 * by itself. `ended`: the server said never again (`bye` says why); only signing in helps.
 */
export type LinkState = 'idle' | 'connecting' | 'online' | 'offline' | 'ended'

/** One line of a chat, in order; own messages stand there from the moment they are written. */
export interface ChatLine {
  cid: Cid
  /** Null while the server has not numbered it. */
  seq: number | null
  sender: PersonId
  /** Who had taken the tablet over that is the sender. */
  operator?: Operator | null
  mine: boolean
  body: string
  ts: number
  tick: Tick
  /** Why it failed; only with tick `failed`. */
  problem: RefusalCode | null
}

/** Only own messages have a tick that moves; it never goes back. Others' lines say `read`. */
export type Tick = 'waiting' | 'sent' | 'delivered' | 'read' | 'failed'

export interface ChatView {
  lines: ReadonlySignal<readonly ChatLine[]>
  /** Others' messages that were not marked read on this device. */
  unread: ReadonlySignal<number>
}

/** What arrives of one other participant right now. Sound is played by the model itself; keep every <video> muted. */
export interface RemoteMedia {
  person: PersonId
  camera: MediaStream | null
  screen: MediaStream | null
  /** A microphone of this person fills a slot, on stage or floor. */
  audio: boolean
  /** The camera does not come because our link is too slow for it; sound goes on. */
  paused: boolean
}

/** One pointer on a picture; shown fading for 1.2 s after `atMs` (performance.now()). */
export interface Pointer {
  by: PersonId
  on: PersonId
  /** Fractions of the whole frame. */
  x: number
  y: number
  atMs: number
}

/**
 * How our own PeerConnection is. `recovering`: it was connected, nothing arrives any more, and it is tried again.
 * `failed`: given up; `tryAgain` is left to the person.
 */
export type PeerState = 'none' | 'connecting' | 'connected' | 'recovering' | 'failed'

/** Who rings first: somebody by name, or everybody free who knows something. */
export interface CallTo {
  person?: PersonId
  group?: Skill
}

export interface Device {
  id: string
  label: string
}

export interface CaptureState {
  /** `asking`: the browser's question is open. `partial`: one of camera and microphone runs, see problems. */
  state: 'off' | 'asking' | 'on' | 'partial' | 'failed'
  cameraProblem: DeviceProblem | null
  microphoneProblem: DeviceProblem | null
}

/** The store's part of a still: `taking` the photo, `sending` it, `failed` (a Refusal code), or nothing. */
/** `unasked`: nobody asked for it. */
export type StillState =
  { step: 'taking' | 'sending'; unasked?: boolean } | { step: 'failed'; problem: RefusalCode } | null

/** One replay: all pictures on one clock. Made by `archive.open`, ended by `close`. */
export interface Player {
  replay: Replay
  /** Position on the recording's timeline, seconds; moves about 10 times a second while playing. */
  t: ReadonlySignal<number>
  durationS: number
  playing: ReadonlySignal<boolean>
  rate: ReadonlySignal<number>
  /** A picture that should play has no data yet. */
  waiting: ReadonlySignal<boolean>
  /** The browser refused to play sound without a touch: show a button that calls `play`. */
  soundBlocked: ReadonlySignal<boolean>
  /** Chapter at or before t. */
  chapter: ReadonlySignal<Chapter | null>
  /** Pointers of the last 1.2 s before t. */
  points: ReadonlySignal<readonly Pointer[]>
  /** Gaps that cover t. */
  gaps: ReadonlySignal<readonly Gap[]>
  /** People with a picture or sound, in the order of their first part. */
  people: readonly PersonId[]
  /** Parts of one person, in time order (for the timeline). */
  partsOf(person: PersonId): readonly Part[]
  /** True when `person` has a part with video that covers t. */
  visible(person: PersonId): ReadonlySignal<boolean>
  /** Lets `element` show `person` (the model sets src, position, rate); returns the undo. Do not set src, muted or controls. */
  bind(element: HTMLVideoElement, person: PersonId): () => void
  play(): Promise<void>
  pause(): void
  toggle(): void
  /** Seconds; clamped. */
  seek(t: number): void
  /** 0.5 … 2. */
  setRate(rate: number): void
  /** Persists progress and lets go of all elements. */
  close(): void
}

/** One thing that a call needs, as found in this browser. */
export interface Check {
  name: CheckFound['name']
  /** `weak`: it works, but not as well as it should. `unknown`: it could not be found out. */
  state: 'running' | 'good' | 'weak' | 'bad' | 'unknown'
  /** Key of the sentence: what was found and what to do. */
  words: string
  values?: Record<string, string>
  rttMs: number | null
  /** What was measured besides, in the unit of contract/selftest.py. */
  figure?: number | null
  /** The same for whoever mends it; English, not for the screen's first line. */
  lines: readonly string[]
}

/** A look at everything a call needs. Made by `checkUp`, ended by `close`. */
export interface CheckUp {
  /** In the order in which one would mend them; they come while `run` is under way. */
  checks: ReadonlySignal<readonly Check[]>
  running: ReadonlySignal<boolean>
  /**
   * Looks again; never rejects. Opens camera and microphone for a moment; unattended, only if the browser does not ask.
   * Null when it was given up by `signal`, or one is under way.
   */
  run(asked?: { attended: boolean; signal?: AbortSignal }): Promise<readonly Check[] | null>
  close(): void
}

export interface Model extends Visits {
  /* ---- who ---- */
  /** `undefined`: not known yet (page just opened). `null`: nobody, show sign-in. */
  me: ReadonlySignal<Me | null | undefined>
  /** Refusals: wrong_password, locked, too_many, offline. */
  signIn(login: string, password: string): Promise<void>
  /** Wipes this person's data in the browser. */
  signOut(): Promise<void>
  /** Whether the chain still waits for its first administrator. */
  setupNeeded(): Promise<boolean>
  /** Refusals: setup_wrong, setup_expired, setup_done. */
  checkSetup(token: string): Promise<void>
  /** Makes the chain and its administrator, and signs in. Refusals: as `checkSetup`, weak_password, conflict. */
  setUp(asked: Setup): Promise<void>
  /** Whom the link of an invitation is for. Refusals: not_found (used, replaced, never there), over (expired). */
  checkInvitation(token: string): Promise<Invitation>
  /** Sets the password and signs in. Refusals: as `checkInvitation`, weak_password. */
  acceptInvitation(token: string, password: string): Promise<void>

  /** How one can sign in besides with a password. */
  signInWays(): Promise<SignInWays>
  /** One's own passkeys, and the sign-in by one. */
  passkeys: PasskeyDesk
  /** Leaves this page for the provider, to come back to `/signed-in`. Refusals: oidc_unreachable. */
  toProvider(path: string): Promise<void>
  /** Signs in with what the provider's redirect carried; the path they wanted. Refusals: over, locked, oidc_*. */
  fromProvider(query: string): Promise<string>

  /** An administrator's emergency sign-in. Refusals: not_found (used, replaced, never there), over, locked. */
  breakGlass(token: string): Promise<void>

  /** This browser becomes a store's device. Refusals: not_found (used, expired, never there), locked. */
  enrol(code: string): Promise<void>
  /** Uses a visitor's link up; this browser is theirs, who has consented. Refusals: not_found, locked, bad_message. */
  enterVisit(token: string, name: string, company: string): Promise<void>
  /** After a refusal the visitor asks again to be let in; `stay` says how it goes. */
  comeIn(): Promise<void>
  /** The visitor waits no longer; the link is dead. */
  leaveVisit(): Promise<void>
  /** How far this browser's visitor came; null until the server says so, and for everybody else. */
  stay: ReadonlySignal<Stay | null>

  /* ---- link ---- */
  link: ReadonlySignal<LinkState>
  /** Why the link ended for good; null otherwise. */
  bye: ReadonlySignal<ByeCode | null>
  /** Server's clock, UTC ms. */
  now(): number
  /** `now()` refreshed each second, for timers on screen. */
  tick: ReadonlySignal<number>

  /* ---- people ---- */
  presence: ReadonlySignal<ReadonlyMap<PersonId, PresenceEntry>>
  experts: ReadonlySignal<readonly PresenceEntry[]>
  /** Everybody of headquarters, experts too; only told to who is one of them. */
  colleagues: ReadonlySignal<readonly PresenceEntry[]>
  stores: ReadonlySignal<readonly PresenceEntry[]>
  /** Fetches everybody who can be called or invited (roles that get no live presence, first fill of a form). */
  directory(): Promise<Directory>

  /* ---- rooms ---- */
  rooms: ReadonlySignal<ReadonlyMap<RoomId, RoomState>>
  /** Calls that ring for me, on every tab; oldest first. Gone when answered elsewhere. */
  incoming: ReadonlySignal<readonly RoomState[]>
  /** Open sessions I may join: invited, or left before. */
  invitations: ReadonlySignal<readonly RoomState[]>
  /** The room this tab sits in, ringing included; null when none. */
  current: ReadonlySignal<RoomState | null>
  /** The call that this tab has just answered and the server has not confirmed: its screen may stand already. */
  answering: ReadonlySignal<RoomState | null>
  /** My place in `current`. */
  self: ReadonlySignal<Member | null>
  /** A live room in which another tab or device of mine sits; `takeHere(id)` moves the seat here. */
  elsewhere: ReadonlySignal<RoomState | null>
  /** The last room this tab sat in (or tried to call), closed now; its recording goes on to `safe`. Null after dismiss. */
  summary: ReadonlySignal<RoomState | null>
  dismissSummary(): void

  /** The store calls; resolves with the room, which may be closed already (`nobody_free`). */
  /** About a machine of this store, whose own reason counts, if one is named; first to `to`, then as usual. */
  startCall(reason: Reason, equipment?: string, to?: CallTo): Promise<RoomId>
  /** Headquarters calls a store: all its tablets ring. As `startCall`. */
  callStore(store: StoreId, reason: Reason): Promise<RoomId>
  acceptCall(room: RoomId): Promise<void>
  /** With `backInS`: I call back by then if nobody else answers. */
  declineCall(room: RoomId, backInS?: number): Promise<void>
  cancelCall(room: RoomId): Promise<void>
  /** Asks an expert into the call; `instead`: this one leaves when they join. Refusals busy, conflict, too_many. */
  bringIn(room: RoomId, expert: PersonId, instead: boolean): Promise<void>
  callOff(room: RoomId, expert: PersonId): Promise<void>
  /** What became of whom this one asked in, last; a new object each time. */
  outcome: ReadonlySignal<Outcome | null>
  /** Of headquarters: lets the store wait, who hears music and nothing else, or goes on. Refusal too_many. */
  holdCall(room: RoomId, on: boolean): Promise<void>
  /** Where else this person is connected: other browsers and devices. */
  places: ReadonlySignal<readonly OwnClient[]>
  /** One of them is asked to go on with the call, and does once somebody presses for it there; until then nothing
   * changes. */
  handOver(room: RoomId, to: SessionId): Promise<void>
  /** Who was asked to and has not come yet. */
  handingOver: ReadonlySignal<OwnClient | null>
  /** Counts how often nobody came. */
  handedInVain: ReadonlySignal<number>
  /** The call with which this client was asked to go on: nothing opens here before `takeHere`. */
  offeredHere: ReadonlySignal<RoomId | null>
  notHere(): void
  /** Goes on here with the call that runs at another client, muted or not as it is there. */
  takeHere(room: RoomId): Promise<void>
  openSession(title: Name, invite: readonly PersonId[]): Promise<RoomId>
  /** Asks the person first in the UI; refusal `consent` without it. */
  joinRoom(room: RoomId, consent: boolean): Promise<void>
  /** Hangs up a call, unless somebody of headquarters stays with the store; leaves a session. */
  leaveRoom(room: RoomId): Promise<void>
  /** Host only: ends it for everybody. */
  closeRoom(room: RoomId): Promise<void>
  muteAll(room: RoomId): Promise<void>
  raiseHand(room: RoomId, up: boolean): Promise<void>
  lowerHand(room: RoomId, person: PersonId): Promise<void>

  /* ---- chat ---- */
  /** The same object for the same room each time; reads stored messages on first use. */
  chat(room: RoomId): ChatView
  /** Stored before it is sent; resolves once stored. Body is trimmed, 1 to 2000 characters, else `too_large`/`bad_message`. */
  sendChat(room: RoomId, body: string): Promise<void>
  /** Everything now shown was seen by the person; call while the chat is visible. */
  readChat(room: RoomId): void
  retryChat(cid: Cid): Promise<void>
  discardChat(cid: Cid): Promise<void>

  /* ---- own devices ---- */
  capture: ReadonlySignal<CaptureState>
  /** Own camera as a stream for a muted, mirrored-if-front preview; null when off. */
  preview: ReadonlySignal<MediaStream | null>
  /** Loudness of the own microphone 0…1, about 15 times a second while somebody holds `watchLevel`. */
  level: ReadonlySignal<number>
  /** Turns the meter on; returns the undo. */
  watchLevel(): () => void
  muted: ReadonlySignal<boolean>
  cameraOff: ReadonlySignal<boolean>
  /** `user` or `environment`, null when unknown (desktop webcams). */
  facing: ReadonlySignal<'user' | 'environment' | null>
  cameras: ReadonlySignal<readonly Device[]>
  microphones: ReadonlySignal<readonly Device[]>
  /** Opens camera and microphone for the check (or again after a problem); never rejects, see `capture`. */
  openDevices(): Promise<void>
  /** Lets both go (camera lamp out) unless a room needs them. */
  closeDevices(): void
  setMuted(muted: boolean): Promise<void>
  setCameraOff(off: boolean): Promise<void>
  /** Front/back, or the next camera. */
  switchCamera(): Promise<void>
  useCamera(id: string): Promise<void>
  useMicrophone(id: string): Promise<void>

  /* ---- media of the current room ---- */
  peer: ReadonlySignal<PeerState>
  /** Since when nothing arrives, UTC ms; null while all is well. */
  lostSince: ReadonlySignal<number | null>
  /** What carried our media is gone and the server says so: it is not this device's network. */
  replacing: ReadonlySignal<boolean>
  /** The server takes nobody new and is asked again then, UTC ms; null otherwise. */
  busyUntil: ReadonlySignal<number | null>
  /** Another try after `failed`. */
  tryAgain(): void
  remote: ReadonlySignal<ReadonlyMap<PersonId, RemoteMedia>>
  /** People in stage slots, in the server's order. */
  stage: ReadonlySignal<readonly PersonId[]>
  /** Own connection as measured here. */
  quality: ReadonlySignal<Quality>
  /** Pictures a second: of the own camera as sent, of the slowest other camera as shown; null where none flows. */
  rates: ReadonlySignal<{ sentFps: number | null; seenFps: number | null }>
  /** Ring or call sound waits for a touch: show "turn sound on", which calls `unblockSound`. */
  soundBlocked: ReadonlySignal<boolean>
  unblockSound(): Promise<void>
  /** Words for the tab's title while a call rings, in the reader's language. */
  setRingTitle(words: (room: RoomState) => string): void
  /** The element in which to draw a participant's camera: it may be playing already. */
  videoFor(person: PersonId): HTMLVideoElement
  /** Lets a muted, autoplaying `element` show a participant's camera (or screen); returns the undo. Measures the first frame. */
  bindVideo(element: HTMLVideoElement, person: PersonId, source?: Source): () => void
  /** The same for the own camera. */
  bindPreview(element: HTMLVideoElement): () => void
  /** Pointers seen in the last 1.2 s, own ones included. */
  pointers: ReadonlySignal<readonly Pointer[]>
  /** Own pointer on somebody's picture (own picture: own id); throttled to 30 a second. */
  point(on: PersonId, x: number, y: number): void
  /** Asks somebody's camera for a photo. */
  askStill(room: RoomId, of: PersonId): Promise<void>
  /** What this device does for a still that it was asked for. */
  still: ReadonlySignal<StillState>
  /** Takes and sends a photo that nobody asked for; never rejects, see `still`. */
  sendStill(room: RoomId): Promise<void>
  /** What to do about a poor link; null while there is nothing to say. */
  advice: ReadonlySignal<Advice | null>
  /** The reader did what the advice says: it rests for a minute. */
  followAdvice(): void
  /** Address of a still's picture. */
  stillUrl(room: RoomId, still: string): string

  /* ---- archive ---- */
  archive: {
    /** With `equipment` only the calls about this machine. */
    list(before?: string, equipment?: string): Promise<ArchivePage>
    /** Refusal not_found when it does not exist or is not for us. */
    get(room: RoomId): Promise<Replay>
    open(replay: Replay): Player
    publish(room: RoomId, roles: readonly Role[]): Promise<void>
    fileUrl(room: RoomId, file: string): string
    /** How well its media went. Refusal not_found as `get`, forbidden for whom it is none of their business. */
    quality(room: RoomId): Promise<CallQuality>
  }

  /* ---- callbacks ---- */
  /** Stores to call back, in the order in which they are due: of a store its own. */
  callbacks: ReadonlySignal<readonly Callback[]>
  /** Refusal `conflict` when somebody else was quicker. */
  takeCallback(room: RoomId): Promise<void>
  /** Gives it back to everybody. */
  reopenCallback(room: RoomId): Promise<void>
  finishCallback(room: RoomId): Promise<void>
  /** When a store may be called back for this reason, beside as soon as possible. */
  callbackSlots(reason: Reason): Promise<readonly number[]>
  /** At null as soon as possible. Refusal `conflict` when the time is not, or no longer, offered. */
  bookCallback(reason: Reason, at: number | null, note: string): Promise<void>
  cancelCallback(room: RoomId): Promise<void>

  /* ---- the queue ---- */
  /** Calls that wait until somebody is free: of a store its own. */
  queue: ReadonlySignal<Queued>
  /** The store's call ends, and headquarters calls back. */
  askCallback(room: RoomId): Promise<void>
  /** The store's call goes before others, and may break in on who is busy; it cannot be taken back. */
  markUrgent(room: RoomId): Promise<void>
  /** An urgent call that one of those who fit, I, may leave the running call for; null when none. */
  urgent: ReadonlySignal<QueuedCall | null>
  /** Not now: this one is shown to me no more. */
  dismissUrgent(room: RoomId): void
  /** Answers a call that waits, out of its turn. Refusals: conflict (somebody was quicker), busy. */
  takeCall(room: RoomId): Promise<void>

  /* ---- audit ---- */
  audit: {
    /** Newest first; `before` is `next` of the page before. */
    list(wish: AuditWish, before?: number): Promise<AuditPage>
    /** Where all of them can be downloaded, oldest first. */
    exportUrl(wish: AuditWish): string
  }

  /* ---- people, stores and tokens, for administrators ---- */
  organisation: Organisation

  /* ---- machines of stores ---- */
  /** Scans with the camera that looks away, `video` being the viewfinder; returns the undo, which lets it go. */
  scan(video: HTMLVideoElement, events: ScanEvents): () => void
  equipment: EquipmentDesk
  /** Whom calls ring, for administrators. */
  routing: RoutingDesk
  /** The chain's rules, for administrators. */
  policies: PoliciesDesk
  /** When I do not want to be rung. */
  quiet: QuietDesk
  /** Group chats that hear of calls, for administrators. */
  bots: BotDesk
  /** Whether this browser rings while no page of ours is open. */
  push: PushDesk
  /** Which devices ring, for who answers for stores; missed calls, for a store. */
  rings: RingsDesk
  /** How quick calls were, for who answers for stores. */
  timings: TimingsDesk

  /* ---- a shared tablet, and who has it ---- */
  takeOver: TakeOver

  /** Fetches what the check needs first; the same one each time. What it finds on a tablet, headquarters is told. */
  checkUp(): Promise<CheckUp>
  /** What this tablet found out about itself last; null when nothing is known, or it is no tablet. */
  ownTest: ReadonlySignal<SelfTest | null>
  /** What tablets found out about themselves, for those who answer for stores. */
  health: Health
  /** How many of those stores will fail tomorrow; null while it is not known, or none of the reader's business. */
  failingStores: ReadonlySignal<number | null>

  /** Opens the model: reads who is signed in, then connects. Called once by main.tsx. */
  start(): Promise<void>
}
