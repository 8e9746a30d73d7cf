/** What the others will see of a visitor, before they do. */
import { SwitchCamera, Video as VideoIcon } from 'lucide-preact'
import { useEffect } from 'preact/hooks'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Video } from '../parts/Video'

export function Preview() {
  const model = useModel()
  const { state, cameraProblem, microphoneProblem } = model.capture.value
  useEffect(() => {
    void model.openDevices()
    return () => model.closeDevices()
  }, [model])
  const asking = state === 'asking' || state === 'off'
  const problem = microphoneProblem
    ? `error.${microphoneProblem}_microphone`
    : cameraProblem
      ? `error.${cameraProblem}_camera`
      : null
  return (
    <div class="visit-preview">
      <div class="check-picture" data-theme="dark">
        {model.preview.value ? (
          <Video
            person={null}
            label={t('check.preview')}
            mirrored={model.facing.value === 'user'}
            testid="visit-preview"
          />
        ) : (
          <VideoIcon class="icon" size={36} strokeWidth={1.9} aria-hidden="true" />
        )}
      </div>
      <p class="caption" role="status">
        {problem ? t(problem) : asking ? t('check.asking') : t('visit.seen')}
      </p>
      {problem && <Button onClick={() => void model.openDevices()}>{t('act.retry')}</Button>}
      {model.cameras.value.length > 1 && (
        <Button icon={SwitchCamera} onClick={() => void act(model.switchCamera())}>
          {t('tool.switch')}
        </Button>
      )}
    </div>
  )
}
