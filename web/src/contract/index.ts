/** Short names for the generated contract; nothing here is written by hand but the aliases. */
import type { components } from './generated'

type S = components['schemas']

/** The server always writes fields that have a default; OpenAPI cannot say so. */
type Written<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> }

/** What only a tablet has that somebody has taken over. */
type Maybe<T, K extends keyof T> = Omit<T, K> & { [P in K]?: T[P] }

export type ClientMessage = S['ClientMessage']
export type ServerMessage = S['ServerMessage']
export type ClientData = S['ClientData']
export type ServerData = S['ServerData']

export type Hello = S['Hello']
export type Welcome = S['Welcome']
export type ChatMessage = S['ChatMessage']
export type Reached = S['Reached']
export type Bye = S['Bye']
export type Ice = S['Ice']
export type Passkey = S['Passkey']
export type Passkeys = S['Passkeys']
export type PasskeyOptions = S['PasskeyOptions']
export type SignInWays = S['SignInWays']
export type ProviderAddress = S['ProviderAddress']
export type ProviderAnswer = S['ProviderAnswer']
export type SignedIn = Omit<S['SignedIn'], 'me'> & { me: Me }
export type Install = S['Install']

export type RoomState = Omit<Written<S['RoomState'], 'hands' | 'stills'>, 'members' | 'lobby'> & {
  members: Member[]
  lobby: Knock[]
}
export type RoomEvent =
  | Exclude<S['RoomDelta']['event'], { type: 'member_changed' | 'visitor_moved' }>
  | (Omit<S['VisitorMoved'], 'knock'> & { knock: Knock })
  | (Omit<S['MemberChanged'], 'member'> & { member: Member })
export type Member = Omit<S['Member'], 'person'> & { person: Person }
export type Knock = Omit<S['Knock'], 'person'> & { person: Person }
export type VisitTold = S['VisitTold']
export type VisitLink = S['VisitLink']
export type VisitOffer = S['VisitOffer']
export type OpenVisit = S['OpenVisit']
export type MemberState = Member['state']
export type Asking = S['Asking']
export type Hold = S['Hold']
export type OwnClient = S['OwnClient']
export type Call = S['Call']
export type Callback = Omit<
  Written<S['Callback'], 'calls' | 'note' | 'state' | 'urgency'>,
  'at' | 'owner'
> & {
  at: number | null
  owner: Person | null
}
export type BookCallback = S['BookCallback']
export type CallbackSlots = S['CallbackSlots']
export type Bot = Omit<S['Bot'], 'problem' | 'told_at'> & {
  problem: string | null
  told_at: number | null
}
export type BotDraft = S['BotDraft']
export type QueuedCall = S['QueuedCall']
export type RingStep = NonNullable<Call['steps']>[number]
export type CallStage = Call['stage']
export type EndReason = NonNullable<RoomState['end']>
export type RoomKind = RoomState['kind']
export type Reason = Call['reason']
export type Timings = S['Timings']
export type CallTimings = S['CallTimings']
export type TimingLine = S['TimingLine']
export type TimingsBy = S['TimingsBy']
export type Spread = S['Spread']
export type Hand = S['Hand']
export type Still = S['Still']
export type RoomRecording = S['RoomRecording']
export type RecordingState = RoomRecording['state']
export type Quality = Member['quality']

export type Person = Written<S['Person'], 'skills'>
export type Operator = S['Operator']
export type Takers = S['Takers']
export type Pins = S['Pins']
export type PinGiven = S['PinGiven']
export type Role = Person['role']
export type Skill = Person['skills'][number]
export type Store = S['Store']
export type Name = S['Name']
export type PresenceEntry = Omit<S['PresenceEntry'], 'person'> & { person: Person }
export type Presence = PresenceEntry['presence']

export type Quiet = Written<S['Quiet'], 'do_not_disturb'>
export type KeptQuiet = Quiet & { tag: string }
export type ArchiveRules = Required<S['ArchiveRules']>
export type Policies = Required<Omit<S['Policies'], 'archive'>> & { archive: ArchiveRules }
export type KeptPolicies = Policies & { tag: string }
export type Me = Omit<S['Me'], 'person' | 'policies'> & { person: Person; policies: Policies }
export type Invitation = S['Invitation']
export type PersonRecord = Omit<S['PersonRecord'], 'person'> & { person: Person }
export type PersonChange = S['PersonChange']
export type PersonWish = S['PersonWish']
export type Roles = S['Roles']
export type Newcomer = S['Newcomer']
export type Stores = { regions: Region[]; stores: StoreRecord[] }
export type Region = S['Region']
export type StoreRecord = Omit<S['StoreRecord'], 'tablets'> & { tablets: PersonRecord[] }
export type DeviceRecord = S['DeviceRecord']
export type Enrolment = S['Enrolment']
export type StoreChange = S['StoreChange']
export type StoreWish = S['StoreWish']
export type PeopleTaken = S['PeopleTaken']
export type StoresTaken = S['StoresTaken']
export type ListProblem = S['ListProblem']
export type Machine = Call['equipment'] & object
export type EquipmentRecord = Omit<S['EquipmentRecord'], 'machine'> & { machine: Machine }
export type EquipmentWish = S['EquipmentWish']
export type EquipmentTaken = S['EquipmentTaken']
export type KeptEquipment = EquipmentRecord & { tag: string }
export type Inventory = Omit<S['Inventory'], 'equipment'> & { equipment: KeptEquipment[] }
export type KeptToken = S['KeptToken']
export type Chains = S['Chains']
export type Routing = { chains: Chains; tag: string; usual: RingStep[]; experts: ExpertLine[] }
export type ExpertLine = { person: Person; profile: ExpertProfile; tag: string }
export type ExpertProfile = Written<S['ExpertProfile'], 'levels' | 'languages' | 'shifts'>
export type Shift = S['Shift']
export type Language = S['Language']
export type RoutingNow = S['RoutingNow']
export type CheckFound = Omit<Written<S['CheckFound'], 'where'>, 'figure'> & { figure: number | null }
export type SelfTestReport = S['SelfTestReport']
export type SelfTest = Omit<S['SelfTest'], 'checks'> & { checks: CheckFound[] }
export type SelfTestWindow = Required<S['SelfTestWindow']>
export type OwnSelfTest = { window: SelfTestWindow; last: SelfTest | null; free: boolean }
export type TabletHealth = Omit<S['TabletHealth'], 'since' | 'test'> & {
  since: number | null
  test: SelfTest | null
}
export type StoreHealth = Omit<S['StoreHealth'], 'tablets'> & { tablets: TabletHealth[] }
export type ChainHealth = Omit<S['ChainHealth'], 'stores' | 'window'> & {
  stores: StoreHealth[]
  window: SelfTestWindow
}
export type Setup = S['Setup']
export type SetupState = S['SetupState']
export type Ticket = S['Ticket']
export type Directory = { experts: PresenceEntry[]; stores: PresenceEntry[] }
export type ArchiveEntry = Omit<S['ArchiveEntry'], 'people'> & { people: Person[] }
export type ArchivePage = Omit<S['ArchivePage'], 'entries'> & { entries: ArchiveEntry[] }
export type Replay = Omit<S['Replay'], 'entry'> & { entry: ArchiveEntry }
export type Chapter = S['Chapter']
export type ChapterKind = Chapter['kind']
export type Part = S['Part']
export type Gap = S['Gap']
export type GapReason = Gap['reason']
export type Point = S['Point']
export type ErrorBody = S['ErrorBody']
export type ErrorCode = ErrorBody['code']
export type ByeCode = Bye['code']

export type Layout = S['Layout']
export type PeerOffer = S['PeerOffer']
export type PeerAnswer = S['PeerAnswer']
export type ProbeOffer = S['ProbeOffer']
export type ProbeAnswer = S['ProbeAnswer']
export type Slots = S['Slots']
export type SlotFill = S['SlotFill']
export type Source = NonNullable<SlotFill['source']>
export type ClientSample = S['ClientSample']
export type SeenFigures = S['SeenFigures']
export type SentFigures = S['SentFigures']
export type CallQuality = Omit<S['CallQuality'], 'entry' | 'people' | 'rings'> & {
  entry: ArchiveEntry
  people: PersonQuality[]
  rings: CallRing[]
}
export type CallRing = Omit<S['CallRing'], 'who'> & { who: Person }
export type RingRate = Omit<S['RingRate'], 'who'> & { who: Person }
export type RingRates = Omit<S['RingRates'], 'lines'> & { lines: RingRate[] }
export type PushTerms = S['PushTerms']
export type PushSeen = S['PushSeen']
export type PushedMessage = S['PushedMessage']
export type PushedRing = S['PushedRing']
export type PushedOver = S['PushedOver']
export type MissedCall = Omit<S['MissedCall'], 'by'> & { by: Person }
export type MissedCalls = { calls: MissedCall[] }
export type PersonQuality = Omit<S['PersonQuality'], 'person'> & { person: Person }
export type QualityMark = S['QualityMark']
export type Action = S['Action']
export type AuditLine = Maybe<S['AuditLine'], 'operator' | 'operator_name'>
export type AuditPage = Omit<S['AuditPage'], 'lines'> & { lines: AuditLine[] }
export type Codec = S['UseCodec']['video']

export type PersonId = string
export type RoomId = string
export type StoreId = string
export type SessionId = string
export type ChannelId = string
export type Cid = string

/** The receive slots that an offer has; mirrors contract/media.py. */
export const TABLET: Layout = { stage: 2, floor: 3 }
export const DESKTOP: Layout = { stage: 4, floor: 3 }
export const TRAINER_DESK: Layout = { stage: 9, floor: 3 }

/** How often media is measured, in rooms of few and of more than CROWD; mirrors contract/quality.py. */
export const SAMPLE_MS = 5000
export const CROWD_SAMPLE_MS = 15_000
export const CROWD = 20

/** What `hello` says; mirrors contract/client.py. */
export const PROTOCOL_VERSION = 1

/** The chat channel that belongs to `room`. */
export const roomChannel = (room: RoomId): ChannelId => `room:${room}`
