/** Visitors: the links that lead to a call, and a visitor's own stay. Knows neither socket nor DOM. */
import type { ReadonlySignal } from '@preact/signals'
import { signal } from '@preact/signals'
import type {
  OpenVisit,
  PersonId,
  RoomId,
  ServerMessage,
  VisitLink,
  VisitOffer,
  VisitTold,
} from '../contract'
import { Backoff } from '../link/backoff'
import type { Wish } from '../link/commands'
import { call } from '../link/http'
import type { RefusalCode } from '../link/refusal'
import { asRefusal } from '../link/refusal'

export interface Stay {
  /** `refused`: nobody knows that they want to come in, and it is not asked again by itself. */
  stage: VisitTold['stage'] | 'refused'
  /** Why it is over. */
  why: VisitTold['why']
  /** Why it was refused. */
  code: RefusalCode | null
}

/** What passes: asked again until it has. */
const PASSING: readonly RefusalCode[] = ['offline', 'busy', 'unavailable', 'disk_full', 'internal']
/** Besides the backoff, so that a page that is left open is no burden to a server in trouble. */
const PAUSE_MS = 500

/**
 * How far this browser's visitor came; null until the server says so. It is told after the sign-in is gone, so only a
 * new link forgets it.
 */
export class OwnStay {
  private readonly told = signal<Stay | null>(null)
  readonly state: ReadonlySignal<Stay | null> = this.told
  /** Whoever asks last asks alone. */
  private attempt = 0

  /** True when the message was about the stay. */
  take(message: ServerMessage): boolean {
    if (message.type !== 'visit') return false
    this.told.value = { stage: message.stage, why: message.why ?? null, code: null }
    return true
  }

  /** After each welcome, and when somebody tries again: wait in the lobby, or take the seat again. */
  async comeIn(issue: (wish: Wish) => Promise<unknown>): Promise<void> {
    const attempt = ++this.attempt
    const isOver = (): boolean => this.told.peek()?.stage === 'over' || attempt !== this.attempt
    if (!isOver()) this.told.value = null
    const backoff = new Backoff()
    while (!isOver()) {
      try {
        const { room } = await call<{ room: RoomId }>('GET', '/api/visit')
        if (!isOver()) await issue({ type: 'come_in', room })
        return
      } catch (error) {
        const { code } = asRefusal(error)
        if (isOver() || code === 'ended') return
        if (!PASSING.includes(code)) {
          this.told.value = { stage: 'refused', why: null, code }
          return
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + backoff.next()))
    }
  }

  /** The visitor knows its call only once it is let in. */
  async leave(wish: (wish: Wish) => Promise<void>): Promise<void> {
    const { room } = await call<{ room: RoomId }>('GET', '/api/visit')
    await wish({ type: 'leave_room', room })
  }
}

const links = (room: RoomId): string => `/api/rooms/${encodeURIComponent(room)}/visits`

export interface Visits {
  /** What a link offers; uses nothing up. Refusals: not_found (used, expired, never there), locked. */
  lookAtVisit(token: string): Promise<VisitOffer>
  /** A link for one visitor, good for so many seconds. Refusals: policy, too_many. */
  offerVisit(room: RoomId, lifeS: number): Promise<VisitLink>
  /** The links that nobody has come by. */
  openVisits(room: RoomId): Promise<readonly OpenVisit[]>
  withdrawVisit(room: RoomId, visit: string): Promise<void>
  /** Lets in who waits. Refusals: not_found (gone), too_many. */
  admit(room: RoomId, visitor: PersonId): Promise<void>
  /** Refuses who waits, or puts a visitor out; for good. */
  sendAway(room: RoomId, visitor: PersonId): Promise<void>
}

export const visitActs = (wish: (wish: Wish) => Promise<void>): Visits => ({
  lookAtVisit: (token) => call<VisitOffer>('POST', '/api/visit/look', { body: { token } }),
  offerVisit: (room, lifeS) => call<VisitLink>('POST', links(room), { body: { life_s: lifeS } }),
  openVisits: async (room) => (await call<{ links: OpenVisit[] }>('GET', links(room))).links,
  withdrawVisit: async (room, visit) => {
    await call<null>('DELETE', `${links(room)}/${encodeURIComponent(visit)}`)
  },
  admit: (room, visitor) => wish({ type: 'admit', room, person: visitor }),
  sendAway: (room, visitor) => wish({ type: 'send_away', room, person: visitor }),
})
