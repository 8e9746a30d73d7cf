/** Plays received sound: one hidden <audio> per track, so that screens may come and go without a break in the voice. */
import { whenAllowed } from './sound'

export class Speaker {
  private readonly playing = new Map<
    MediaStreamTrack,
    { element: HTMLAudioElement; undo: (() => void) | null }
  >()

  /** Plays exactly these. */
  set(tracks: readonly MediaStreamTrack[]): void {
    for (const [track, entry] of this.playing) {
      if (tracks.includes(track)) continue
      entry.undo?.()
      entry.element.srcObject = null
      this.playing.delete(track)
    }
    for (const track of tracks) {
      if (this.playing.has(track)) continue
      const element = new Audio()
      element.autoplay = true
      element.srcObject = new MediaStream([track])
      const entry: { element: HTMLAudioElement; undo: (() => void) | null } = { element, undo: null }
      this.playing.set(track, entry)
      const play = () => {
        element.play().then(
          () => {
            entry.undo?.()
            entry.undo = null
          },
          (error: unknown) => {
            if (error instanceof DOMException && error.name === 'NotAllowedError')
              entry.undo ??= whenAllowed(play)
          },
        )
      }
      play()
    }
  }
}
