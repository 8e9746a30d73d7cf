/** Who this is: the session of this tab, and the people, rooms and chats that it tells of. */
import { batch, computed, effect, signal } from '@preact/signals'
import type {
  Directory,
  Invitation,
  PersonId,
  Policies,
  RoomEvent,
  RoomId,
  RoomState,
  ServerMessage,
  SetupState,
  SignInWays,
} from '../../contract'
import type { Wish } from '../../link/commands'
import { call } from '../../link/http'
import type { Model } from '../api'
import { Chats } from '../chats'
import { passkeyDesk } from '../passkeys'
import { People } from '../people'
import { memberOf } from '../room'
import { Rooms } from '../rooms'
import { Seat } from '../seat'
import { Session } from '../session'
import { OwnStay } from '../visitors'

/** What else of the model hears the session's news. */
export interface Listener {
  /** A new connection, before anything of it is handled. */
  welcome?: () => void
  /** True when the message was about this. */
  take?: (message: ServerMessage) => boolean
  /** After the event was applied to its room. */
  onEvent?: (room: RoomState, event: RoomEvent, before: RoomState) => void
  /** The seat of before a reload is this tab's again. */
  rejoined?: () => void
  /** The person is gone from this page: forget everything. */
  clear?: () => void
}

export type Who = ReturnType<typeof wireWho>

export function wireWho() {
  const listeners: Listener[] = []
  const person = signal<PersonId | null>(null)
  const chats = new Chats(person)
  const people = new People()
  const seat = new Seat()
  const stay = new OwnStay()

  const session: Session = new Session(
    {
      onWelcome: (welcome, before) => {
        const room = rooms.current.peek()?.id ?? null
        rooms.welcome()
        for (const listener of listeners) listener.welcome?.()
        batch(() => {
          if (room !== null && before !== null && !welcome.resumed) seat.rejoining.value = room
          session.id.value = welcome.session
        })
        if (session.me.peek()?.person.role === 'visitor') void stay.comeIn(issue)
        else if (seat.rejoining.peek() !== null && room !== null) void seat.regain(room, seats)
      },
      onMessage: (message) => {
        if (message.type === 'tablet_taken') session.taken(message.operator)
        if (message.type === 'policies') session.ruled(message.policies as Policies)
        if (
          listeners.some((listener) => listener.take?.(message)) ||
          stay.take(message) ||
          rooms.take(message) ||
          message.type !== 'presence'
        )
          return
        people.merge(message.entries as Parameters<People['merge']>[0])
        void seat.look(seats).then((rejoined) => {
          if (rejoined) for (const listener of listeners) listener.rejoined?.()
        })
      },
      onDelivery: (store, delivery) => chats.attach(store, delivery),
      onRolesChanged: () => people.clear(),
      onLeave: () => {
        batch(() => {
          rooms.clear()
          people.clear()
          for (const listener of listeners) listener.clear?.()
          chats.clear()
          seat.forget()
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
    onEvent: (...news) => {
      for (const listener of listeners) listener.onEvent?.(...news)
    },
  })
  const issue = (wish: Wish, options?: { fleeting?: boolean; pressedMs?: number }) =>
    session.commands.issue(wish, options)
  const wish = async (command: Wish): Promise<void> => {
    await issue(command)
  }
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

  return {
    session,
    person,
    rooms,
    linked: computed(() => session.link.value === 'online'),
    /** The seat is being moved to this tab's new session. */
    rejoining: seat.rejoining,
    join: seats.join,
    issue,
    wish,
    listen: (...more: Listener[]) => void listeners.push(...more),

    api: {
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

      link: session.link,
      bye: session.bye,
      now: () => session.clock.now(),
      tick: session.clock.tick,

      presence: people.presence,
      experts: people.experts,
      colleagues: people.colleagues,
      stores: people.stores,
      directory: () => call<Directory>('GET', '/api/directory'),

      rooms: rooms.rooms,
      incoming: rooms.incoming,
      invitations: rooms.invitations,
      current: rooms.current,
      self: rooms.self,
      elsewhere: rooms.elsewhere,
      summary: rooms.summary,
      dismissSummary: () => rooms.dismissSummary(),

      chat: (room) => chats.view(room),
      sendChat: (room, body) => chats.post(room, body),
      readChat: (room) => chats.read(room),
      retryChat: async (cid) => session.messages?.retryEntry(cid),
      discardChat: async (cid) => session.messages?.discard(cid),
    } satisfies Partial<Model>,
  }
}
