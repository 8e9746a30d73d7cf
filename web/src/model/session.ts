/** Who is signed in and how the signaling link is: everything that starts and ends with a person. */
import { batch, computed, effect, signal, untracked } from '@preact/signals'
import type {
  ByeCode,
  ClientMessage,
  Me,
  Operator,
  Policies,
  ProviderAddress,
  ProviderAnswer,
  ServerMessage,
  SessionId,
  Setup,
  SignedIn,
  Ticket,
  Welcome,
} from '../contract'
import { Backoff } from '../link/backoff'
import { Commands } from '../link/commands'
import type { DeliveryEvents } from '../link/delivery'
import { Delivery } from '../link/delivery'
import { hedged } from '../link/hedged'
import { call } from '../link/http'
import { holdLock } from '../link/lock'
import { Refusal } from '../link/refusal'
import type { LinkState } from '../link/socket'
import { Socket } from '../link/socket'
import type { MessageStore } from '../link/store'
import { openStore } from '../link/store'
import { Attendance } from './attendance'
import { ServerClock } from './clock'

export interface SessionEvents {
  /** Before anything of the new connection is handled; `before` is the session until now. */
  onWelcome: (welcome: Welcome, before: SessionId | null) => void
  /** All but welcome, bye, answers to commands, and chat. */
  onMessage: (message: ServerMessage) => void
  onDelivery: (store: MessageStore, delivery: Delivery) => void
  /** The person may see others than before, told anew after the next `welcome`: forget whom they saw. */
  onRolesChanged: () => void
  /** The person is gone from this page: forget everything. */
  onLeave: () => void
}

export class Session {
  readonly me = signal<Me | null | undefined>(undefined)
  readonly person = computed(() => this.me.value?.person.id ?? null)
  readonly link = signal<LinkState>('idle')
  readonly bye = signal<ByeCode | null>(null)
  readonly id = signal<SessionId | null>(null)
  readonly clock = new ServerClock()
  readonly attendance = new Attendance()
  /** What the server knows of `attendance`. */
  private toldHere: boolean | null = true
  private attendAgain: ReturnType<typeof setTimeout> | undefined
  readonly commands = new Commands((message) => this.send(message))
  private readonly socket: Socket
  private store: MessageStore | null = null
  private delivery: Delivery | null = null
  private readonly outboxLock = holdLock('passline.outbox')

  constructor(
    private readonly events: SessionEvents,
    private readonly deliveryEvents: DeliveryEvents,
  ) {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    this.socket = new Socket({
      url: `${scheme}://${location.host}/ws`,
      ticket: async () => (await hedged((signal) => call<Ticket>('POST', '/api/ticket', { signal }))).ticket,
      identity: async () => ({
        device: (await this.store?.device()) ?? '',
        cursors: this.delivery?.cursors() ?? {},
        here: (this.toldHere = this.attendance.here.peek()),
      }),
      onState: (state) => {
        this.link.value = state
        if (state !== 'online') this.commands.lost()
      },
      onWelcome: (welcome) => this.welcome(welcome),
      onMessage: (message) => {
        this.perhapsUntold(message)
        if (!this.commands.take(message) && !this.delivery?.take(message)) this.events.onMessage(message)
      },
      onBye: (code) => this.farewell(code),
      onClock: (serverMs, sentMs) => this.clock.reading(serverMs, sentMs),
    })
    this.outboxLock.onHeld(() => this.delivery?.takeOver())
    effect(() => {
      void this.attendance.here.value
      untracked(() => this.tellAttendance())
    })
    const nudge = () => this.socket.nudge()
    addEventListener('online', nudge)
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') nudge()
    })
    setInterval(() => this.clock.refresh(), 1000)
  }

  send(message: ClientMessage): boolean {
    return this.socket.send(message)
  }

  setBrisk(brisk: boolean): void {
    this.socket.setBrisk(brisk)
  }

  follow(ch: string): void {
    this.delivery?.follow(ch)
  }

  /** The random id of this browser profile, for who is signed in; null while nobody is. */
  async device(): Promise<string | null> {
    return (await this.store?.device()) ?? null
  }

  get messages(): Delivery | null {
    return this.delivery
  }

  /** Finds out who is signed in; keeps asking while the server cannot be reached. */
  async start(): Promise<void> {
    const backoff = new Backoff()
    for (;;) {
      try {
        await this.enter(await call<Me>('GET', '/api/me'))
        return
      } catch (error) {
        if (error instanceof Refusal && error.code === 'sign_in') {
          this.me.value = null
          return
        }
        this.link.value = 'offline'
        await new Promise((resolve) => setTimeout(resolve, 500 + backoff.next()))
      }
    }
  }

  async signIn(login: string, password: string): Promise<void> {
    const me = await call<Me>('POST', '/api/signin', { body: { login, password } })
    await this.enter(me)
  }

  /** The first administrator's own sign-in comes with the set-up. */
  async setUp(asked: Setup): Promise<void> {
    await this.enter(await call<Me>('POST', '/api/setup', { body: asked }))
  }

  /** So does that of somebody who was invited. */
  async acceptInvitation(token: string, password: string): Promise<void> {
    const me = await call<Me>('POST', '/api/invitation', { body: { token, password } })
    if (this.me.value) this.leave() // somebody else was signed in here
    await this.enter(me)
  }

  /** So does that of a tablet that is enrolled. */
  async enrol(code: string): Promise<void> {
    const me = await call<Me>('POST', '/api/enrol', { body: { code } })
    if (this.me.value) this.leave()
    await this.enter(me)
  }

  async toProvider(path: string): Promise<void> {
    const { url } = await call<ProviderAddress>('POST', '/api/oidc/begin', { body: { path } })
    location.assign(url)
  }

  async fromProvider(query: string): Promise<string> {
    const said = new URLSearchParams(query)
    const answer: ProviderAnswer = {
      state: said.get('state') ?? '',
      code: said.get('code') ?? '',
      iss: said.get('iss'),
      error: said.get('error'),
    }
    const { me, path } = await call<SignedIn>('POST', '/api/oidc/finish', { body: answer })
    if (this.me.value) this.leave() // somebody else was signed in here
    await this.enter(me)
    return path
  }

  async byPasskey(credential: string): Promise<void> {
    await this.enter(await call<Me>('POST', '/api/passkey', { body: { credential } }))
  }

  async breakGlass(token: string): Promise<void> {
    const me = await call<Me>('POST', '/api/break-glass', { body: { token } })
    if (this.me.value) this.leave()
    await this.enter(me)
  }

  /** So does that of a visitor, for as long as the visit lasts. */
  async enterVisit(token: string, name: string, company: string): Promise<void> {
    const body = { token, name, company, consent: true }
    await this.enter(await call<Me>('POST', '/api/visit', { body }))
  }

  async signOut(): Promise<void> {
    this.leave()
    await this.store?.wipe()
    this.store = null
    this.me.value = null
    await call<null>('POST', '/api/signout').catch(() => null)
  }

  private async enter(me: Me): Promise<void> {
    const store = this.store ?? (await openStore())
    // Nothing of one person is left for the next.
    const owner = await store.owner()
    if (owner !== null && owner !== me.person.id) await store.wipe()
    await store.setOwner(me.person.id)
    this.store = store
    this.delivery?.close()
    this.delivery = new Delivery(
      store,
      (message) => this.send(message),
      this.deliveryEvents,
      this.outboxLock.held,
    )
    await this.delivery.load()
    batch(() => {
      this.bye.value = null
      this.me.value = me
    })
    this.events.onDelivery(store, this.delivery)
    this.socket.start()
  }

  /** Somebody has taken this tablet over, or handed it back; here or at another screen of it. */
  taken(operator: Operator | null): void {
    const me = this.me.value
    if (me) this.me.value = { ...me, person: { ...me.person, operator } }
  }

  /** The chain has other rules. */
  ruled(policies: Policies): void {
    const me = this.me.value
    if (me) this.me.value = { ...me, policies }
  }

  private welcome(welcome: Welcome): void {
    // While the link was down it may have been handed back by itself.
    if (this.me.peek()?.person.operator) void this.askAgain()
    this.events.onWelcome(welcome, this.id.value)
    this.tellAttendance() // what changed since hello
    this.delivery?.welcome(welcome)
    this.commands.resend()
  }

  /** A tablet is never away, and nobody looks for a visitor. */
  private tellAttendance(): void {
    const role = this.me.peek()?.person.role
    const here = this.attendance.here.peek()
    if (role === undefined || role === 'store' || role === 'visitor' || here === this.toldHere) return
    if (this.send({ type: 'attend', here })) this.toldHere = here
  }

  /** A refusal does not say of what: if it was of `attend`, nobody knows yet how it is here. */
  private perhapsUntold(message: ServerMessage): void {
    if (message.type !== 'error' || message.code !== 'too_many' || message.cid) return
    clearTimeout(this.attendAgain)
    this.attendAgain = setTimeout(
      () => {
        this.toldHere = null
        this.tellAttendance()
      },
      (message.retry_after_s ?? 1) * 1000,
    )
  }

  private farewell(code: ByeCode): void {
    this.bye.value = code
    if (code === 'roles_changed') {
      this.events.onRolesChanged()
      void this.askAgain()
      return
    }
    this.commands.abandon()
    if (code === 'sign_in' || code === 'signed_out' || code === 'revoked') {
      this.leave()
      if (code !== 'sign_in') void this.store?.wipe()
      this.me.value = null
    }
  }

  /** Somebody may do something else now, and the screens follow from who one is; the socket comes back by itself. */
  private async askAgain(): Promise<void> {
    const backoff = new Backoff()
    for (;;) {
      try {
        this.me.value = await call<Me>('GET', '/api/me')
        this.bye.value = null
        return
      } catch (error) {
        if (error instanceof Refusal && error.code === 'sign_in') return
        await new Promise((resolve) => setTimeout(resolve, 500 + backoff.next()))
      }
    }
  }

  private leave(): void {
    this.socket.stop()
    this.commands.abandon()
    this.delivery?.close()
    this.delivery = null
    this.id.value = null
    this.events.onLeave()
  }
}
