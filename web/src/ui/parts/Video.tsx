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
  const element = useRef<HTMLVideoElement>(null)
  // Not after the next paint: a picture that comes before its element is tied is lost, and the next one is a frame away.
  useLayoutEffect(() => {
    const video = element.current
    if (!video) return
    // Preact leaves `muted` as a property; the attribute makes silent autoplay sure before the property is set.
    video.setAttribute('muted', '')
    props.onElement?.(video)
    const undo =
      props.person === null
        ? model.bindPreview(video)
        : model.bindVideo(video, props.person, props.source ?? 'camera')
    return () => {
      props.onElement?.(null)
      undo()
    }
  }, [model, props.person, props.source])
  return (
    <video
      ref={element}
      class="video"
      data-fit={props.fit ?? 'cover'}
      data-mirrored={props.mirrored ? '' : undefined}
      data-testid={props.testid}
      data-person={props.person ?? props.self}
      data-own={props.person === null ? '' : undefined}
      aria-label={props.label}
      playsInline
      autoplay
      muted
      disablePictureInPicture
    />
  )
}
