/** Says that a ring cannot be heard before somebody touches the page, which this button is for. */
import { Volume2 } from 'lucide-preact'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Banner } from '../parts/State'

export function SoundBlocked() {
  const model = useModel()
  if (!model.soundBlocked.value) return null
  return (
    <Banner
      icon={Volume2}
      title={t('console.sound_blocked')}
      text={t('console.sound_blocked_text')}
      testid="sound-blocked"
      act={
        <Button icon={Volume2} onClick={() => void act(model.unblockSound())} testid="sound-on">
          {t('console.sound_on')}
        </Button>
      }
    />
  )
}
