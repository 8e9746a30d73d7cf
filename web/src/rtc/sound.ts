/**
 * Sounds that the page makes itself, and the browser's leave to make any.
 *
 * All are synthesised: nothing is loaded. `soundBlocked` is true while something wants to be heard and the browser waits
 * for a touch; any touch or key lifts it.
 */
import { signal } from '@preact/signals'

const E5 = 659.26
const B5 = 987.77
const A5 = 880
const C5 = 523.25
/** Together about −18 LUFS for a single sine. */
const LEVEL = 0.16

export const soundBlocked = signal(false)

let context: AudioContext | null | undefined
const waiting = new Set<() => void>()

/** The page's one AudioContext; null where there is none. */
export function audioContext(): AudioContext | null {
  if (context === undefined) {
    try {
      context = new AudioContext()
      context.addEventListener('statechange', () => {
        if (context?.state === 'running') lift()
      })
    } catch {
      context = null
    }
  }
  return context
}

function lift(): void {
  if (!soundBlocked.value) return
  soundBlocked.value = false
  for (const play of waiting) play()
}

/** Runs `play` again once sound is allowed (an <audio> whose play() was refused). Returns the undo. */
export function whenAllowed(play: () => void): () => void {
  waiting.add(play)
  soundBlocked.value = true
  return () => waiting.delete(play)
}

/** Whether a sound would be heard now, as far as the browser says. */
export const soundAllowed = (): boolean =>
  audioContext()?.state === 'running' || (navigator.userActivation?.hasBeenActive ?? true)

/** In a touch or key handler: asks for sound. */
export async function unblockSound(): Promise<void> {
  await audioContext()?.resume()
  lift()
}

/** From the first touch on sound is allowed; asked for then, so that a later ring is heard. */
export function listenForTouch(): void {
  const touched = () => void unblockSound()
  addEventListener('pointerdown', touched, { capture: true, passive: true })
  addEventListener('keydown', touched, { capture: true, passive: true })
}

interface Note {
  hz: number
  /** Seconds from now. */
  at: number
  length: number
  gain?: number
}

function sound(notes: readonly Note[], loudness = 1): boolean {
  const ctx = audioContext()
  if (!ctx) return false
  if (ctx.state !== 'running') {
    void ctx.resume()
    return false
  }
  const start = ctx.currentTime + 0.01
  for (const { hz, at, length, gain = 1 } of notes) {
    const voice = ctx.createOscillator()
    const envelope = ctx.createGain()
    const peak = LEVEL * gain * loudness
    voice.frequency.value = hz
    envelope.gain.setValueAtTime(0, start + at)
    envelope.gain.linearRampToValueAtTime(peak, start + at + 0.012)
    envelope.gain.exponentialRampToValueAtTime(peak * 0.02, start + at + length)
    voice.connect(envelope).connect(ctx.destination)
    voice.start(start + at)
    voice.stop(start + at + length)
    voice.onended = () => envelope.disconnect()
  }
  return true
}

/** Somebody came in: a rising third. */
export const joinSound = (): boolean =>
  sound([
    { hz: C5, at: 0, length: 0.08 },
    { hz: E5, at: 0.08, length: 0.08 },
  ])

/** Somebody went: a falling third. */
export const leaveSound = (): boolean =>
  sound([
    { hz: E5, at: 0, length: 0.08 },
    { hz: C5, at: 0.08, length: 0.08 },
  ])

/** Connected: one short tick, for a cook who looks away. */
export const connectedSound = (): boolean => sound([{ hz: A5, at: 0, length: 0.06, gain: 0.8 }])

/** Somebody still waits: two soft notes, the second lower. */
export const remindSound = (): boolean =>
  sound([
    { hz: A5, at: 0, length: 0.18, gain: 0.7 },
    { hz: E5, at: 0.2, length: 0.3, gain: 0.7 },
  ])

/** A hand, for the trainer: one wooden knock. */
export const handSound = (): boolean =>
  sound([
    { hz: 220, at: 0, length: 0.05, gain: 1.4 },
    { hz: 440, at: 0, length: 0.03, gain: 0.6 },
  ])

function repeat(everyMs: number, ring: (round: number) => boolean): () => void {
  let round = 0
  const once = () => {
    const heard = ring(round++)
    soundBlocked.value = !heard && audioContext() !== null
  }
  once()
  const timer = setInterval(once, everyMs)
  waiting.add(once)
  return () => {
    clearInterval(timer)
    waiting.delete(once)
    if (waiting.size === 0) soundBlocked.value = false
  }
}

/** Rings until the returned undo is called: E5, B5 each 2.4 s, 3 dB louder after the third. */
export function ringIn(): () => void {
  return repeat(2400, (round) => {
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([300, 120, 300])
    return sound(
      [
        { hz: E5, at: 0, length: 0.45 },
        { hz: B5, at: 0.45, length: 0.45 },
      ],
      round < 3 ? 1 : 1.41,
    )
  })
}

/** The caller hears a soft single note each 3 s. */
export function ringOut(): () => void {
  return repeat(3000, () => sound([{ hz: E5, at: 0, length: 0.7, gain: 0.35 }]))
}
