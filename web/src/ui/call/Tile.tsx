/** A small picture of a person with the name on a plate; without a camera, initials on their tint. */
import { MicOff, Unplug } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Member } from '../../contract'
import { t } from '../../i18n'
import { useModel } from '../model'
import { Avatar } from '../parts/Person'
import { Video } from '../parts/Video'
import { callName } from './Words'
import { useStalled } from './useStalled'

export interface TileProps {
  member: Member
  own?: boolean
  mirrored?: boolean
  /** Nothing comes from this person although the camera is on. */
  silent?: boolean
  onPick?: () => void
  hand?: number
}

export function Tile(props: TileProps) {
  const { member } = props
  const model = useModel()
  const [video, setVideo] = useState<HTMLVideoElement | null>(null)
  const still = useStalled(props.own ? null : video) !== null
  const name = props.own ? t('call.you') : callName(member)
  const paused = !props.own && (model.remote.value.get(member.person.id)?.paused ?? false)
  const off = member.camera_off || props.silent || member.state === 'away'
  const inner = (
    <>
      {props.onPick && <span class="sr">{t('call.enlarge')} </span>}
      {off ? (
        <span class="tile-none">
          <Avatar person={member.person} size="l" />
          {member.state === 'away' && <span class="caption">{t('call.away_short')}</span>}
        </span>
      ) : (
        <Video
          person={props.own ? null : member.person.id}
          self={member.person.id}
          label={props.own ? t('call.own') : t('call.picture_of', { name })}
          mirrored={props.mirrored}
          onElement={setVideo}
        />
      )}
      {paused && !off && (
        <span class="tile-still" data-testid="picture-paused" title={t('call.paused')}>
          <span aria-hidden="true">{t('call.paused_short')}</span>
          <span class="sr">{t('call.paused')}</span>
        </span>
      )}
      {still && !paused && !off && (
        <span class="tile-still">
          <Unplug class="icon" size={16} aria-hidden="true" />
          {t('call.stalled')}
        </span>
      )}
      <span class="tile-name">
        {member.muted && <MicOff class="icon" size={14} aria-label={t('tool.muted')} />}
        {name}
      </span>
      {props.hand !== undefined && <span class="tile-hand num">{props.hand}</span>}
    </>
  )
  const common = {
    class: 'tile',
    'data-still': (still || paused) && !off ? '' : undefined,
    'data-testid': `tile-${member.person.id}`,
    'data-own': props.own ? '' : undefined,
  }
  return props.onPick ? (
    <button type="button" {...common} onClick={props.onPick}>
      {inner}
    </button>
  ) : (
    <div {...common} role="group" aria-label={name}>
      {inner}
    </div>
  )
}
