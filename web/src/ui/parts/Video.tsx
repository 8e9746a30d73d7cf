/** A live picture: the model puts the track into the element; sound is the model's business, so every picture is silent. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { PersonId } from '../../contract'
import { useModel } from '../model'

export interface VideoProps {
  /** Whose picture; null is one's own camera. */
  person: PersonId | null
  /** For one's own picture: the id under which the others know it. */
  self?: PersonId
  source?: 'camera' | 'screen'
  label: string
  mirrored?: boolean
  fit?: 'contain' | 'cover'
  testid?: string
  onElement?: (element: HTMLVideoElement | null) => void
}

export function Video(props: VideoProps) {
  const model = useModel()
  const place = useRef<HTMLSpanElement>(null)
  const drawn = useRef<HTMLVideoElement | null>(null)
  const { person, self, label, mirrored, fit, testid } = props
  // Not after the next paint: a picture that comes before its element is tied is lost, and the next one is a frame away.
  useLayoutEffect(() => {
    const camera = (props.source ?? 'camera') === 'camera'
    const video = person !== null && camera ? model.videoFor(person) : document.createElement('video')
    Object.assign(video, {
      className: 'video',
      playsInline: true,
      autoplay: true,
      disablePictureInPicture: true,
    })
    // The attribute makes silent autoplay sure before the property is set.
    video.setAttribute('muted', '')
    drawn.current = video
    place.current?.append(video)
    props.onElement?.(video)
    const undo =
      person === null ? model.bindPreview(video) : model.bindVideo(video, person, props.source ?? 'camera')
    return () => {
      props.onElement?.(null)
      undo()
      video.remove()
    }
  }, [model, person, props.source])
  useLayoutEffect(() => {
    const video = drawn.current
    if (!video) return
    mark(video, 'data-fit', fit ?? 'cover')
    mark(video, 'data-mirrored', mirrored ? '' : undefined)
    mark(video, 'data-testid', testid)
    mark(video, 'data-person', person ?? self)
    mark(video, 'data-own', person === null ? '' : undefined)
    mark(video, 'aria-label', label)
  })
  return <span ref={place} class="video-place" />
}

function mark(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name)
  else element.setAttribute(name, value)
}
