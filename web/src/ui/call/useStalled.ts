/** Whether a picture stands still: no new frame for a while although frames had come, so that it is said before it is lost. */
import { useEffect, useState } from 'preact/hooks'

const STILL_MS = 2500
const LOOK_MS = 500

export function useStalled(video: HTMLVideoElement | null): boolean {
  const [stalled, setStalled] = useState(false)
  useEffect(() => {
    setStalled(false)
    if (!video || !('requestVideoFrameCallback' in video)) return
    let last = 0
    let handle = 0
    const onFrame = (): void => {
      last = performance.now()
      handle = video.requestVideoFrameCallback(onFrame)
    }
    handle = video.requestVideoFrameCallback(onFrame)
    const timer = setInterval(() => {
      // A hidden page draws no frames; that says nothing of the other side.
      if (document.visibilityState !== 'visible') last = 0
      setStalled(last > 0 && performance.now() - last > STILL_MS)
    }, LOOK_MS)
    return () => {
      clearInterval(timer)
      video.cancelVideoFrameCallback(handle)
    }
  }, [video])
  return stalled
}
