/** Answers "take a photo": the camera's full resolution, straight to the server. */
import { signal } from '@preact/signals'
import type { PersonId, RoomId, Still } from '../contract'
import { call } from '../link/http'
import { Refusal, asRefusal } from '../link/refusal'
import { takeStill } from '../rtc/still'
import type { StillState } from './api'

const FAILED_SHOWN_MS = 8000

export const stillUrl = (room: RoomId, still: string): string =>
  `/api/rooms/${encodeURIComponent(room)}/stills/${encodeURIComponent(still)}`

export class Stills {
  readonly state = signal<StillState>(null)
  private clear: ReturnType<typeof setTimeout> | undefined

  /** `by` asked for it; null: this person sends it unasked. */
  async answer(room: RoomId, by: PersonId | null, camera: MediaStreamTrack | null): Promise<void> {
    const unasked = by === null
    clearTimeout(this.clear)
    try {
      if (!camera) throw new Refusal('device_none', 'the camera is off')
      this.state.value = { step: 'taking', unasked }
      const body = await takeStill(camera)
      this.state.value = { step: 'sending', unasked }
      const asked = by === null ? '' : `?asked_by=${encodeURIComponent(by)}`
      await call<Still>('POST', `/api/rooms/${encodeURIComponent(room)}/stills${asked}`, { body })
      this.state.value = null
    } catch (error) {
      this.state.value = { step: 'failed', problem: asRefusal(error).code }
      this.clear = setTimeout(() => {
        this.state.value = null
      }, FAILED_SHOWN_MS)
    }
  }
}
