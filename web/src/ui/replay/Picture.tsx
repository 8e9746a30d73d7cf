/** One person's picture in the replay, with the pointers that lay on it; the player moves it, this shows it. */
import { useEffect, useRef } from 'preact/hooks'
import type { Person } from '../../contract'
import { nameOf, t } from '../../i18n'
import type { Player } from '../../model/api'
import { fromFrame } from '../frame'
import { Avatar } from '../parts/Person'

export interface PictureProps {
  player: Player
  person: string
  name: string
  self?: Person
  main?: boolean
  /** Sound only. */
  hidden?: boolean
  onPick?: () => void
}

export function Picture(props: PictureProps) {
  const { player, person, name } = props
  const video = useRef<HTMLVideoElement>(null)
  const dot = useRef<HTMLSpanElement>(null)
  useEffect(() => (video.current ? player.bind(video.current, person) : undefined), [player, person])

  const points = player.points.value.filter((point) => point.on === person)
  const last = points.at(-1)
  useEffect(() => {
    const mark = dot.current
    const shown = video.current
    if (!mark || !shown || !last) return
    const box = { width: shown.clientWidth, height: shown.clientHeight }
    const spot = fromFrame(last, box, { width: shown.videoWidth, height: shown.videoHeight }, 'contain')
    mark.style.transform = `translate(${spot.x}px, ${spot.y}px)`
  }, [last])

  const visible = player.visible(person).value
  const gap = player.gaps.value.find((one) => one.participant === person)
  return (
    <figure
      class="picture"
      data-main={props.main ? '' : undefined}
      hidden={props.hidden}
      data-person={person}
    >
      <video
        ref={video}
        class="video"
        data-fit="contain"
        playsInline
        data-testid="replay-video"
        data-person={person}
        aria-label={t('call.picture_of', { name })}
      />
      {!visible && props.self && (
        <span class="tile-none">
          <Avatar person={props.self} size={props.main ? 'xl' : 'l'} />
          <span class="second">{gap ? t(`gap.${gap.reason}`) : t('replay.not_there')}</span>
        </span>
      )}
      {last && <span class="replay-dot" ref={dot} data-testid="pointer-dot" />}
      <figcaption class="tile-name">
        {name}
        {props.self?.title && <span class="second">{nameOf(props.self.title)}</span>}
      </figcaption>
      {props.onPick && (
        <button
          type="button"
          class="picture-pick"
          aria-label={t('call.make_large', { name })}
          onClick={props.onPick}
        />
      )}
    </figure>
  )
}
