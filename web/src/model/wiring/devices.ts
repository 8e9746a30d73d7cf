/** One's own camera and microphone: open while something needs them, muted as one said. */
import { computed, effect, signal, untracked } from '@preact/signals'
import type { Capture } from '../../rtc/capture'
import { meter } from '../../rtc/level'
import { keepAwake } from '../../rtc/wakelock'
import type { Device, Model } from '../api'
import type { Calls } from './calls'
import type { Who } from './who'

/** Between `done` and the room's own message nothing needs the camera for a blink. */
const LINGER_MS = 300

export function wireDevices(
  { session, person, rooms, rejoining, wish, listen }: Who,
  { currentId, inCall }: Calls,
  capture: Capture,
) {
  const checking = signal(false)
  /** The tablet looks at itself: gives way to all the others. */
  const testing = signal(false)
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
    const timer = setTimeout(() => capture.close(), LINGER_MS)
    return () => clearTimeout(timer)
  })

  const tellMedia = async (): Promise<void> => {
    const room = currentId.peek()
    if (room === null) return
    await wish({ type: 'set_media', room, muted: capture.muted.peek(), camera_off: capture.cameraOff.peek() })
  }
  effect(() => {
    if (currentId.value === null) return undefined
    untracked(() => {
      const self = rooms.self.peek()
      const differs =
        self && (self.muted !== capture.muted.peek() || self.camera_off !== capture.cameraOff.peek())
      if (differs && rejoining.peek() === null) void tellMedia().catch(() => undefined)
    })
    return keepAwake()
  })
  listen({
    onEvent: (room, event) => {
      const me = person.peek()
      if (me === null || room.id !== currentId.peek()) return
      if (event.type === 'all_muted' && event.by !== me) capture.setMuted(true)
    },
    /** After a reload the seat's own word counts: somebody who was muted stays muted. */
    rejoined: () => {
      const self = rooms.self.peek()
      if (!self) return
      capture.setMuted(self.muted)
      void capture.setCameraOff(self.camera_off)
    },
    clear: () => {
      checking.value = testing.value = false
    },
  })

  const level = signal(0)
  const watchers = signal(0)
  effect(() => {
    const track = capture.microphone.value
    if (watchers.value === 0 || !track) return undefined
    return meter(track, (value) => {
      level.value = value
    })
  })
  const named = (list: readonly MediaDeviceInfo[]): Device[] =>
    list.map(({ deviceId, label }) => ({ id: deviceId, label }))

  return {
    checking,
    testing,

    api: {
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
      cameras: computed(() => named(capture.cameras.value)),
      microphones: computed(() => named(capture.microphones.value)),
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
    } satisfies Partial<Model>,
  }
}
