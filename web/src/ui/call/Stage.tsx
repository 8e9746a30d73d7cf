/** The large picture: somebody's camera with pointers over it, plates in its corners, tiles on its edge. */
import { Unplug, VideoOff } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Member } from '../../contract'
import { t } from '../../i18n'
import { span } from '../format'
import { useModel } from '../model'
import { Avatar } from '../parts/Person'
import { Video } from '../parts/Video'
import { PointerLayer } from './PointerLayer'
import { callName } from './Words'
import { useStalled } from './useStalled'

export interface StageProps {
  member: Member
  own: boolean
  takes: 'move' | 'press' | 'off'
  /** A line on the plate upper left, e.g. that a photo is being taken. */
  plate?: ComponentChildren
  /** A line lower left: what the person has off. */
  note?: string | null
  flash?: boolean
  children?: ComponentChildren
}

export function Stage(props: StageProps) {
  const model = useModel()
  const [video, setVideo] = useState<HTMLVideoElement | null>(null)
  const { member, own } = props
  const mirrored = own && model.facing.value === 'user'
  const cameraOff = own ? model.cameraOff.value : member.camera_off
  const problem = own ? model.capture.value.cameraProblem : null
  const arriving = !own && !model.remote.value.get(member.person.id)?.camera && member.state === 'joined'
  const stillS = useStalled(own ? null : video)
  const off = cameraOff || problem !== null || member.state === 'away'
  const paused = !own && !off && (model.remote.value.get(member.person.id)?.paused ?? false)
  const stalled = stillS !== null && !off && !paused
  return (
    <div
      class="stage"
      data-still={stalled || paused ? '' : undefined}
      data-testid="stage"
      data-person={member.person.id}
    >
      {off ? (
        <div class="no-picture" data-testid="no-picture">
          {problem ? (
            <VideoOff class="icon" size={48} strokeWidth={1.9} aria-hidden="true" />
          ) : (
            <Avatar person={member.person} size="xl" />
          )}
          <p>
            {problem
              ? t(`error.${problem}_camera`)
              : own
                ? t('call.own_camera_off')
                : member.state === 'away'
                  ? t('call.away', { name: callName(member) })
                  : t('call.camera_is_off', { name: callName(member) })}
          </p>
        </div>
      ) : (
        <>
          <Video
            person={own ? null : member.person.id}
            self={member.person.id}
            label={own ? t('call.own') : t('call.picture_of', { name: callName(member) })}
            mirrored={mirrored}
            fit="contain"
            testid="main-video"
            onElement={setVideo}
          />
          {arriving && !stalled && !paused && (
            <p class="stage-wait" role="status">
              {t('call.picture_coming', { name: callName(member) })}
            </p>
          )}
          <PointerLayer
            on={member.person.id}
            video={video}
            mirrored={mirrored}
            fit="contain"
            takes={props.takes}
          />
        </>
      )}
      {props.plate && <div class="plate plate-high">{props.plate}</div>}
      {paused && (
        <p class="plate plate-low" data-tone="warn" role="status" data-testid="picture-paused">
          {t('call.paused')}
        </p>
      )}
      {stalled ? (
        <p class="plate plate-low" data-tone="warn" role="status" data-testid="picture-still">
          <Unplug class="icon" size={20} aria-hidden="true" />
          <span class="num">{t('call.stalled_since', { span: span(stillS) })}</span>
        </p>
      ) : (
        props.note &&
        !paused &&
        !off && (
          <p class="plate plate-low" role="status" data-testid="other-words">
            {props.note}
          </p>
        )
      )}
      {props.flash && <div class="flash" aria-hidden="true" />}
      {props.children}
    </div>
  )
}
