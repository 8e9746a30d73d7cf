/** When an element shows a picture that is not there yet; where the browser can say, at the frame, else at the first progress. */

type FrameElement = HTMLVideoElement & { requestVideoFrameCallback?: (f: () => void) => number }

/** Calls `seen` once, at the next frame shown; returns the undo. */
export function nextFrame(element: HTMLVideoElement, seen: () => void): () => void {
  let over = false
  const once = () => {
    if (over) return
    over = true
    seen()
  }
  const { requestVideoFrameCallback } = element as FrameElement
  if (requestVideoFrameCallback) {
    requestVideoFrameCallback.call(element, once)
    return () => {
      over = true
    }
  }
  const progressed = () => {
    if (element.videoWidth > 0 && element.currentTime > 0) {
      element.removeEventListener('timeupdate', progressed)
      once()
    }
  }
  element.addEventListener('timeupdate', progressed)
  return () => {
    over = true
    element.removeEventListener('timeupdate', progressed)
  }
}
