/** One's own picture and sound before anybody sees or hears them: is the camera right, does the microphone hear? */
import { EyeOff, Mic, MicOff, RotateCcw, SwitchCamera, VideoOff } from 'lucide-preact'
import { useEffect } from 'preact/hooks'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Meter } from '../parts/Meter'
import { Tool } from '../parts/Tool'
import { Video } from '../parts/Video'

/** `note` says when it is seen. */
export function OwnSide(props: { note?: string }) {
  const model = useModel()
  useEffect(() => model.watchLevel(), [model])
  const capture = model.capture.value
  const muted = model.muted.value
  return (
    <section class="ringing-own" aria-label={t('call.own')}>
      <div class="ringing-picture">
        {capture.cameraProblem ? (
          <div class="no-picture">
            <VideoOff class="icon" size={36} strokeWidth={1.9} aria-hidden="true" />
            <p>{t(`error.${capture.cameraProblem}_camera`)}</p>
            <Button icon={RotateCcw} onClick={() => void model.openDevices()}>
              {t('act.retry')}
            </Button>
          </div>
        ) : (
          <Video
            person={null}
            self={model.me.value?.person.id}
            label={t('call.own')}
            mirrored={model.facing.value === 'user'}
            testid="own-video"
          />
        )}
        <p class="plate plate-low">
          <EyeOff class="icon" size={22} aria-hidden="true" />
          {props.note ?? t('ringing.unseen')}
        </p>
      </div>
      <div class="ringing-tools">
        <Tool
          icon={SwitchCamera}
          word={t('tool.switch')}
          testid="switch-camera"
          face={model.cameras.value.length > 1 ? 'usual' : 'absent'}
          onClick={() => void act(model.switchCamera())}
        />
        <Tool
          icon={muted ? MicOff : Mic}
          word={muted ? t('tool.muted') : t('tool.mute')}
          face={muted ? 'shut' : 'usual'}
          pressed={muted}
          testid="mute"
          onClick={() => void act(model.setMuted(!muted))}
        />
      </div>
      <div class="ringing-level">
        <Mic class="icon" size={24} aria-hidden="true" />
        <Meter level={muted ? 0 : model.level.value} bars={30} />
        <p>
          {capture.microphoneProblem
            ? t(`error.${capture.microphoneProblem}_microphone`)
            : muted
              ? t('ringing.is_muted')
              : t(model.level.value > 0.04 ? 'ringing.heard' : 'ringing.quiet')}
        </p>
      </div>
    </section>
  )
}
