/** How long a picture has been standing still, so that it is said before the picture is lost. */
import { useEffect, useState } from 'preact/hooks'

const STILL_MS = 2500
const LOOK_MS = 500

/** Whole seconds since the last frame; null while frames come, before the first one, and where nobody can tell. */
export function useStalled(video: HTMLVideoElement | null): number | null {
  const [stillS, setStillS] = useState<number | null>(null)
  useEffect(() => {
    setStillS(null)
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
      const stillMs = performance.now() - last
      setStillS(last > 0 && stillMs > STILL_MS ? Math.floor(stillMs / 1000) : null)
    }, LOOK_MS)
    return () => {
      clearInterval(timer)
      video.cancelVideoFrameCallback(handle)
    }
  }, [video])
  return stillS
}
