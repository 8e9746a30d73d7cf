/** The media of the room one sits in, or is about to: where it goes, how well, and what is shown of it. */
import { computed, effect, untracked } from '@preact/signals'
import type { Ice, Layout, PeerAnswer, Role } from '../../contract'
import { DESKTOP, TABLET, TRAINER_DESK } from '../../contract'
import { call } from '../../link/http'
import type { Capture } from '../../rtc/capture'
import type { Target } from '../../rtc/media'
import { Media } from '../../rtc/media'
import { Ways } from '../../rtc/ways'
import type { Model } from '../api'
import { Care } from '../care'
import { Firsts } from '../firsts'
import { Warm, bindLocal, bindRemote } from '../pictures'
import { isShared, oppositeIn } from '../room'
import { Stills, stillUrl } from '../stills'
import type { Calls } from './calls'
import type { Who } from './who'

const LAYOUTS: Partial<Record<Role, Layout>> = {
  store: TABLET,
  visitor: TABLET,
  expert: DESKTOP,
  trainer: TRAINER_DESK,
}

export function wireMedia(
  { session, person, rooms, linked, rejoining, issue, wish, listen }: Who,
  { accepting, currentId }: Calls,
  capture: Capture,
) {
  const ways = new Ways(person, () => call<Ice>('GET', '/api/ice'))
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
  const care = new Care({
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
  const firsts = new Firsts({ current: rooms.current, self: rooms.self, heard: media.heard, issue })
  const stills = new Stills()
  listen({
    take: (message) => {
      if (message.type === 'media_moved') media.movedAway(message.room)
      else if (message.type === 'seen') care.heard(message)
      else return false
      return true
    },
    onEvent: (room, event) => {
      if (room.id !== currentId.peek() || event.type !== 'still_requested' || event.of !== person.peek())
        return
      void stills.answer(room.id, event.by, capture.camera.peek())
    },
  })

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
      first: oppositeIn(state, person.value),
    }
    return JSON.stringify(aim)
  })
  // While the seat moves to a new session the server does not know our leg's owner yet: keep what runs.
  effect(() => {
    if (rejoining.value !== null) return
    const aim = JSON.parse(target.value) as Target | null
    untracked(() => media.aim(aim))
  })
  effect(() => {
    const quality = media.quality.value
    const room = currentId.value
    if (room === null || quality === 'unknown') return
    void issue({ type: 'report_quality', room, quality }, { fleeting: true }).catch(() => undefined)
  })

  const warm = new Warm(media.remote)

  return {
    media,
    ways,

    api: {
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
      videoFor: (of) => warm.take(of),
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
    } satisfies Partial<Model>,
  }
}
