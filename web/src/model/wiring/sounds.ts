/** What is heard besides voices: ringing, and music while one waits. */
import { computed, signal } from '@preact/signals'
import type { RoomState } from '../../contract'
import type { Media } from '../../rtc/media'
import { playMusic } from '../../rtc/music'
import { remindSound, soundAllowed, soundBlocked, unblockSound } from '../../rtc/sound'
import type { Model } from '../api'
import { followHolds } from '../onhold'
import { soundOf, startRinging } from '../ringing'
import { whoseCall } from '../room'
import type { Calls } from './calls'
import type { Who } from './who'

export function wireSounds(
  { session, person, rooms, issue, listen }: Who,
  { accepting, currentId }: Calls,
  media: Media,
) {
  const ringTitle = signal<(room: RoomState) => string>((room) => `☎ ${whoseCall(room)?.zh ?? 'Passline'}`)
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
  listen({
    onEvent: (room, event, before) => {
      const me = person.peek()
      if (me !== null && room.id === currentId.peek()) soundOf(room, event, before, me)
    },
  })

  return {
    soundBlocked,
    unblockSound,
    setRingTitle: (words) => {
      ringTitle.value = words
    },
  } satisfies Partial<Model>
}
