/** The camera as a scanner, from a view's side: what it reads, its lamp, and why it does not work. */
import type { DeviceProblem } from '../link/refusal'

export interface ScanEvents {
  onText: (text: string) => void
  /** The camera has a lamp, which this turns on and off. */
  onTorch: (set: (on: boolean) => Promise<void>) => void
  onProblem: (problem: DeviceProblem) => void
}

/** Scans with `video` as the viewfinder until the undo is called. What it takes is fetched only now. */
export function scan(video: HTMLVideoElement, events: ScanEvents): () => void {
  let over = false
  let stop = (): void => undefined
  const open = async (): Promise<void> => {
    const { NoCamera, openScanner } = await import('../rtc/scanner')
    try {
      const scanner = await openScanner(video, {
        onText: (text) => {
          if (!over) events.onText(text)
        },
        onBroken: () => {
          if (!over) events.onProblem('device_failed')
        },
      })
      if (over) return scanner.stop()
      stop = scanner.stop
      if (scanner.torch) events.onTorch(scanner.setTorch)
    } catch (error) {
      if (!over) events.onProblem(error instanceof NoCamera ? error.problem : 'device_failed')
    }
  }
  void open().catch(() => {
    if (!over) events.onProblem('device_failed')
  })
  return () => {
    over = true
    stop()
  }
}
