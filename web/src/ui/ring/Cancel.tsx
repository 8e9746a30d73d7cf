/** Gives a call up before anybody has answered. */
import { PhoneOff } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'

export function Cancel(props: { room: string }) {
  const model = useModel()
  const [cancelling, setCancelling] = useState(false)
  return (
    <Button
      kind="danger"
      size="main"
      wide
      icon={PhoneOff}
      testid="cancel"
      busy={cancelling && t('ringing.cancelling')}
      onClick={() => {
        setCancelling(true)
        void act(model.cancelCall(props.room)).finally(() => setCancelling(false))
      }}
    >
      {t('ringing.cancel')}
    </Button>
  )
}
