/** Where a point of the screen lies on the whole frame of a picture, and back, whatever part of the frame is shown. */

export type Fit = 'contain' | 'cover'
export interface Box {
  /** CSS px of the element that shows the picture. */
  width: number
  height: number
}
export interface Frame {
  /** Pixels of the picture as it is shown, rotation included (`videoWidth`, `videoHeight`). */
  width: number
  height: number
}
export interface Spot {
  x: number
  y: number
}

interface Placed {
  left: number
  top: number
  width: number
  height: number
}

/** Where the whole frame lies over the box; with `cover` it is larger than the box. */
export function placed(box: Box, frame: Frame, fit: Fit): Placed {
  if (box.width <= 0 || box.height <= 0 || frame.width <= 0 || frame.height <= 0)
    return { left: 0, top: 0, width: Math.max(0, box.width), height: Math.max(0, box.height) }
  const byWidth = box.width / frame.width
  const byHeight = box.height / frame.height
  const scale = fit === 'contain' ? Math.min(byWidth, byHeight) : Math.max(byWidth, byHeight)
  const width = frame.width * scale
  const height = frame.height * scale
  return { left: (box.width - width) / 2, top: (box.height - height) / 2, width, height }
}

/** Frame coordinates 0..1 of a point in the box, or null where no picture is shown. `mirrored` is one's own front camera. */
export function toFrame(point: Spot, box: Box, frame: Frame, fit: Fit, mirrored = false): Spot | null {
  const at = placed(box, frame, fit)
  if (at.width <= 0 || at.height <= 0) return null
  const x = (point.x - at.left) / at.width
  const y = (point.y - at.top) / at.height
  if (x < 0 || x > 1 || y < 0 || y > 1) return null
  return { x: mirrored ? 1 - x : x, y }
}

/** Where in the box a frame coordinate is shown, CSS px. */
export function fromFrame(spot: Spot, box: Box, frame: Frame, fit: Fit, mirrored = false): Spot {
  const at = placed(box, frame, fit)
  const x = mirrored ? 1 - spot.x : spot.x
  return { x: at.left + x * at.width, y: at.top + spot.y * at.height }
}
