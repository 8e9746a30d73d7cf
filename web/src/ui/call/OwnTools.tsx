/** What somebody does with their own microphone and camera, in whatever room: the same buttons everywhere. */
import { Mic, MicOff, SwitchCamera, Video, VideoOff } from 'lucide-preact'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { useKeys } from '../parts/hooks'
import { Tool } from '../parts/Tool'

/** `desk`: there are keys, and what cannot be done is left out. */
export function OwnTools(props: { desk?: boolean }) {
  const model = useModel()
  const muted = model.muted.value
  const cameraOff = model.cameraOff.value
  const several = model.cameras.value.length > 1
  const mute = (): void => void act(model.setMuted(!muted))
  useKeys(props.desk ? { m: mute } : {})
  return (
    <>
      <Tool
        icon={muted ? MicOff : Mic}
        word={muted ? t('tool.muted') : t('tool.mute')}
        keyName={props.desk ? 'M' : undefined}
        face={muted ? 'shut' : 'usual'}
        pressed={muted}
        testid="mute"
        onClick={mute}
      />
      <Tool
        icon={cameraOff ? VideoOff : Video}
        word={cameraOff ? t('tool.camera_is_off') : t('tool.camera_off')}
        face={cameraOff ? 'shut' : 'usual'}
        pressed={cameraOff}
        testid="camera-off"
        onClick={() => void act(model.setCameraOff(!cameraOff))}
      />
      {(several || !props.desk) && (
        <Tool
          icon={SwitchCamera}
          word={t('tool.switch')}
          face={several ? 'usual' : 'absent'}
          testid="switch-camera"
          onClick={() => void act(model.switchCamera())}
        />
      )}
    </>
  )
}
