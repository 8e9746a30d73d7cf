/** Calls and classes: what one wants of them, from the press of a button to the seat in the room. */
import { computed, effect, signal, untracked } from '@preact/signals'
import type { RoomId } from '../../contract'
import { roomChannel } from '../../contract'
import { lang } from '../../i18n'
import type { Wish } from '../../link/commands'
import { Refusal } from '../../link/refusal'
import type { Capture } from '../../rtc/capture'
import { handSound } from '../../rtc/sound'
import type { Model } from '../api'
import { Callbacks, callbackActs } from '../callbacks'
import { Places } from '../places'
import { Queue, queueActs } from '../queue'
import { isOpen } from '../room'
import type { Outcome } from '../third'
import { outcomeOf } from '../third'
import { visitActs } from '../visitors'
import type { Who } from './who'

export type Calls = ReturnType<typeof wireCalls>

export function wireCalls({ session, person, rooms, join, issue, wish, listen }: Who, capture: Capture) {
  const accepting = signal<RoomId | null>(null)
  const calling = signal(false)
  const outcome = signal<Outcome | null>(null)
  const callbacks = new Callbacks()
  const queue = new Queue()
  queue.follow({ person, current: rooms.current, tick: session.clock.tick })
  const places = new Places({
    person,
    rooms: rooms.rooms,
    capture,
    join,
    offer: (room, to) => wish({ type: 'hand_over', room, to }),
    knock: () => void handSound(),
  })
  listen(callbacks, queue, places, {
    onEvent: (room, event, before) => {
      const me = person.peek()
      if (me === null || room.id !== currentId.peek()) return
      outcome.value = outcomeOf(before, event, me, session.clock.now()) ?? outcome.peek()
    },
    clear: () => {
      calling.value = false
      accepting.value = null
    },
  })

  effect(() => {
    const room = accepting.value === null ? undefined : rooms.rooms.value.get(accepting.value)
    if (accepting.value !== null && (!room || !isOpen(room))) accepting.value = null
  })
  const currentId = computed(() => rooms.current.value?.id ?? null)
  effect(() => {
    const id = currentId.value
    if (id === null) return undefined
    untracked(() => {
      rooms.hold(id)
      calling.value = false
      if (accepting.value === id) accepting.value = null
      if (session.me.peek()?.person.role !== 'visitor') session.follow(roomChannel(id))
    })
    session.setBrisk(true)
    return () => {
      places.settled()
      session.setBrisk(false)
      session.attendance.touched()
    }
  })

  const toRoom = async (asked: Promise<RoomId | null>): Promise<RoomId> => {
    const room = await asked
    if (room === null) throw new Refusal('internal', 'done without a room')
    return room
  }
  // The wish goes out before the camera opens: opening keeps the page busy for a moment.
  const place = async (call: Wish): Promise<RoomId> => {
    const opened = issue(call)
    calling.value = true
    try {
      const room = await toRoom(opened)
      rooms.hold(room)
      return room
    } finally {
      calling.value = false
    }
  }

  return {
    accepting,
    currentId,
    /** The call, or what leads to one, needs camera and microphone. */
    inCall: computed(
      () =>
        rooms.current.value !== null ||
        accepting.value !== null ||
        places.coming.value !== null ||
        calling.value,
    ),

    api: {
      answering: computed(() => rooms.rooms.value.get(accepting.value ?? '') ?? null),
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
      openSession: (title, invite) => toRoom(issue({ type: 'open_session', title, invite: [...invite] })),
      joinRoom: (room, consent) => wish({ type: 'join_room', room, consent }),
      leaveRoom: (room) => wish({ type: 'leave_room', room }),
      closeRoom: (room) => wish({ type: 'close_room', room }),
      muteAll: (room) => wish({ type: 'mute_all', room }),
      raiseHand: (room, up) => wish({ type: 'raise_hand', room, up }),
      lowerHand: (room, of) => wish({ type: 'lower_hand', room, person: of }),
      ...visitActs(wish),

      callbacks: callbacks.due,
      ...callbackActs,
      queue: queue.waiting,
      urgent: queue.urgent,
      dismissUrgent: (room) => queue.dismiss(room),
      ...queueActs(wish),
    } satisfies Partial<Model>,
  }
}
