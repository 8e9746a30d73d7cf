/** What is heard and shown while something rings, and when people come and go. */
import type { ReadonlySignal } from '@preact/signals'
import { computed, effect } from '@preact/signals'
import type { PersonId, RoomEvent, RoomId, RoomState, SessionId } from '../contract'
import { connectedSound, handSound, joinSound, leaveSound, ringIn, ringOut } from '../rtc/sound'
import { flashTitle } from '../rtc/title'
import { isSeated, memberOf } from './room'

const HAND_EVERY_MS = 4000

export interface RingingInputs {
  person: ReadonlySignal<PersonId | null>
  session: ReadonlySignal<SessionId | null>
  incoming: ReadonlySignal<readonly RoomState[]>
  current: ReadonlySignal<RoomState | null>
  /** A call that this tab is just answering no longer rings here. */
  accepting: ReadonlySignal<RoomId | null>
  /** Somebody's picture or sound has arrived. */
  heard: ReadonlySignal<boolean>
  reportRung: (room: RoomId) => void
  title: (room: RoomState) => string
}

/** Starts all of it for the life of the page. */
export function startRinging(inputs: RingingInputs): void {
  const { incoming, current, accepting, session } = inputs
  const reported = new Set<string>()

  effect(() => {
    if (session.value === null) return
    for (const room of incoming.value) {
      const key = `${session.value} ${room.id}`
      if (reported.has(key)) continue
      reported.add(key)
      inputs.reportRung(room.id)
    }
  })

  const ringing = computed(() => {
    const first = incoming.value.find((room) => room.id !== accepting.value)
    return first && current.value === null ? first.id : null
  })
  effect(() => {
    const id = ringing.value
    if (id === null) return undefined
    const room = incoming.peek().find((call) => call.id === id)
    const stops = [ringIn(), room ? flashTitle(inputs.title(room)) : () => {}]
    return () => stops.forEach((stop) => stop())
  })

  const calling = computed(
    () =>
      current.value?.kind === 'call' &&
      current.value.call?.stage === 'ringing' &&
      current.value.call.caller === inputs.person.value,
  )
  effect(() => (calling.value ? ringOut() : undefined))

  const connected = computed(() =>
    current.value?.kind === 'call' && inputs.heard.value ? current.value.id : null,
  )
  let ticked: RoomId | null = null
  effect(() => {
    if (connected.value === null || connected.value === ticked) return
    ticked = connected.value
    connectedSound()
  })
}

let lastKnockMs = -Infinity

/** The sound that an event of the current room makes, if any. */
export function soundOf(room: RoomState, event: RoomEvent, before: RoomState, me: PersonId): void {
  if (event.type === 'member_changed' && event.member.person.id !== me && room.kind === 'session') {
    const old = memberOf(before, event.member.person.id)
    const was = old !== null && isSeated(old)
    const is = isSeated(event.member)
    if (is && !was) joinSound()
    else if (was && !is) leaveSound()
  } else if (event.type === 'hands_changed' && event.hands.length > before.hands.length) {
    const host = memberOf(room, me)?.host ?? false
    if (host && performance.now() - lastKnockMs > HAND_EVERY_MS) {
      lastKnockMs = performance.now()
      handSound()
    }
  }
}
