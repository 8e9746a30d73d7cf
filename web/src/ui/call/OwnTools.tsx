/** What somebody does with their own microphone and camera, in whatever room: the same three buttons everywhere. */
import { Mic, MicOff, SwitchCamera, Video, VideoOff } from 'lucide-preact'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Tool } from '../parts/Tool'

export function OwnTools(props: {
  muted: boolean
  cameraOff: boolean
  onMute: () => void
  onCamera: () => void
}) {
  const model = useModel()
  const { muted, cameraOff } = props
  return (
    <>
      <Tool
        icon={muted ? MicOff : Mic}
        word={muted ? t('tool.muted') : t('tool.mute')}
        face={muted ? 'shut' : 'usual'}
        pressed={muted}
        testid="mute"
        onClick={props.onMute}
      />
      <Tool
        icon={cameraOff ? VideoOff : Video}
        word={cameraOff ? t('tool.camera_is_off') : t('tool.camera_off')}
        face={cameraOff ? 'shut' : 'usual'}
        pressed={cameraOff}
        testid="camera-off"
        onClick={props.onCamera}
      />
      <Tool
        icon={SwitchCamera}
        word={t('tool.switch')}
        face={model.cameras.value.length > 1 ? 'usual' : 'absent'}
        testid="switch-camera"
        onClick={() => void act(model.switchCamera())}
      />
    </>
  )
}
