/** How loud a track is: 0 silence, 1 full scale, on a scale that moves with speech. */
import { audioContext } from './sound'

const EVERY_MS = 66
/** Speech lies between these, dBFS. */
const QUIET_DB = -60
const LOUD_DB = -12

/** Calls `told` about 15 times a second until the returned undo is called. */
export function meter(track: MediaStreamTrack, told: (level: number) => void): () => void {
  const context = audioContext()
  if (!context) return () => {}
  const source = context.createMediaStreamSource(new MediaStream([track]))
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    let power = 0
    for (const sample of samples) power += sample * sample
    told(scale(Math.sqrt(power / samples.length)))
  }, EVERY_MS)
  return () => {
    clearInterval(timer)
    source.disconnect()
    told(0)
  }
}

/** Root mean square amplitude to 0…1. */
export function scale(rms: number): number {
  if (rms <= 0) return 0
  const db = 20 * Math.log10(rms)
  return Math.max(0, Math.min(1, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)))
}
