/** The music that whoever waits hears: a file of our own (tools/music.py), quietly, over and over. */
import { whenAllowed } from './sound'

const SOURCE = new URL('./hold.mp3', import.meta.url).href
/** Well below a voice. */
const VOLUME = 0.3

/** Plays until the returned undo is called. */
export function playMusic(): () => void {
  const element = new Audio(SOURCE)
  element.loop = true
  element.volume = VOLUME
  element.dataset.testid = 'hold-music'
  document.body.append(element)
  let undo: (() => void) | null = null
  let over = false
  const play = () => {
    element.play().then(
      () => {
        undo?.()
        undo = null
      },
      (error: unknown) => {
        if (!over && error instanceof DOMException && error.name === 'NotAllowedError')
          undo ??= whenAllowed(play)
      },
    )
  }
  play()
  return () => {
    over = true
    undo?.()
    element.pause()
    element.remove()
  }
}
