/**
 * `window.passline`: a read-only look into this tab for tests and support.
 *
 * `snapshot()` plain copies of the model's state · `stats()` getStats of the present PeerConnection · `slots()` what each
 * receive section carries · `generation()` the `pc_gen` of that PeerConnection. Nothing here changes anything. Times of first frames and of
 * readiness are performance marks named `passline:…`.
 */
import type { Media } from '../rtc/media'
import type { Model } from './api'

export interface DebugHandle {
  snapshot: () => Record<string, unknown>
  stats: () => Promise<Record<string, unknown>[]>
  slots: () => readonly unknown[]
  generation: () => number
}

declare global {
  interface Window {
    passline?: DebugHandle
  }
}

export function exposeDebug(model: Model, media: Media): void {
  const handle: DebugHandle = {
    snapshot: () =>
      structuredClone({
        person: model.me.value?.person.id ?? null,
        link: model.link.value,
        bye: model.bye.value,
        rooms: [...model.rooms.value.values()],
        incoming: model.incoming.value.map((room) => room.id),
        current: model.current.value?.id ?? null,
        elsewhere: model.elsewhere.value?.id ?? null,
        summary: model.summary.value?.id ?? null,
        peer: model.peer.value,
        stage: model.stage.value,
        remote: [...model.remote.value.values()].map(({ person, camera, screen, audio }) => ({
          person,
          camera: camera !== null,
          screen: screen !== null,
          audio,
        })),
        pointers: model.pointers.value,
        quality: model.quality.value,
        capture: model.capture.value,
        muted: model.muted.value,
        cameraOff: model.cameraOff.value,
        soundBlocked: model.soundBlocked.value,
      }),
    stats: () => media.report(),
    slots: () => structuredClone(media.slots),
    generation: () => media.generation,
  }
  Object.defineProperty(window, 'passline', { value: Object.freeze(handle), configurable: true })
}
