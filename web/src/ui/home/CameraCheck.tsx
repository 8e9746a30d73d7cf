/** Shows what camera and microphone give before anybody is called: picture, level, names, and words for what is wrong. */
import { CircleAlert, CircleCheck, Mic, RotateCcw, SwitchCamera, Video as VideoIcon } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n'
import type { DeviceProblem } from '../../model/api'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Meter } from '../parts/Meter'
import { Video } from '../parts/Video'

const HEARD = 0.06

function Verdict(props: { icon: typeof Mic; name: string; good: boolean; words: string; testid: string }) {
  const Icon = props.icon
  return (
    <li class="verdict" data-good={props.good ? '' : undefined} data-testid={props.testid}>
      <Icon class="icon" size={24} aria-hidden="true" />
      <div>
        <strong>{props.words}</strong>
        {props.name && <p class="caption">{props.name}</p>}
      </div>
      {props.good ? (
        <CircleCheck class="icon verdict-sign" size={24} aria-hidden="true" />
      ) : (
        <CircleAlert class="icon verdict-sign" size={24} aria-hidden="true" />
      )}
    </li>
  )
}

export function CameraCheck(props: { onClose: () => void }) {
  const model = useModel()
  const capture = model.capture.value
  const level = model.level.value
  const [heard, setHeard] = useState(false)
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    void model.openDevices()
    const undo = model.watchLevel()
    return () => {
      undo()
      model.closeDevices()
    }
  }, [model])
  useEffect(() => {
    if (level > HEARD) setHeard(true)
  }, [level])

  const asking = capture.state === 'asking' || capture.state === 'off'
  const words = (kind: 'camera' | 'microphone', problem: DeviceProblem | null): string =>
    problem ? t(`error.${problem}_${kind}`) : asking ? t('check.asking') : t(`check.${kind}_good`)
  const cameraGood = !asking && !capture.cameraProblem
  const microphoneGood = !asking && !capture.microphoneProblem

  return (
    <Dialog
      title={t('check.title')}
      size="wide"
      testid="check-dialog"
      onClose={props.onClose}
      acts={
        <>
          <a class="btn" data-kind="quiet" href="/doctor" data-testid="to-doctor">
            {t('doctor.open')}
          </a>
          {model.cameras.value.length > 1 && (
            <Button icon={SwitchCamera} onClick={() => void act(model.switchCamera())}>
              {t('tool.switch')}
            </Button>
          )}
          {(capture.state === 'failed' || capture.state === 'partial') && (
            <Button icon={RotateCcw} onClick={() => void model.openDevices()} testid="check-again">
              {t('act.retry')}
            </Button>
          )}
          <Button kind="main" onClick={props.onClose} testid="check-done">
            {t('check.done')}
          </Button>
        </>
      }
    >
      <div class="check-grid">
        <div class="check-picture" data-theme="dark">
          {cameraGood ? (
            <Video
              person={null}
              label={t('check.preview')}
              mirrored={model.facing.value === 'user'}
              testid="check-video"
              onElement={(video) =>
                video?.addEventListener('loadeddata', () => setSeen(true), { once: true })
              }
            />
          ) : (
            <VideoIcon class="icon" size={36} strokeWidth={1.9} aria-hidden="true" />
          )}
        </div>
        <ul class="verdicts" aria-live="polite">
          <Verdict
            icon={VideoIcon}
            name={model.cameras.value[0]?.label ?? ''}
            good={cameraGood && seen}
            words={cameraGood && !seen ? t('check.asking') : words('camera', capture.cameraProblem)}
            testid="check-camera"
          />
          <Verdict
            icon={Mic}
            name={model.microphones.value[0]?.label ?? ''}
            good={microphoneGood && heard}
            words={
              microphoneGood && !heard
                ? t('check.say_something')
                : words('microphone', capture.microphoneProblem)
            }
            testid="check-microphone"
          />
          <li>
            <Meter level={level} bars={22} />
          </li>
        </ul>
      </div>
    </Dialog>
  )
}
