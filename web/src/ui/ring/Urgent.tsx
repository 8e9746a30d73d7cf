/** The store says that it is urgent: a choice of its own that is asked about once more, as it may end others' calls. */
import { Siren } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Dialog } from '../parts/Dialog'

export function Urgent(props: { room: RoomState }) {
  const model = useModel()
  const { room } = props
  const [asking, setAsking] = useState(false)
  if (room.call?.urgent_at)
    return (
      <p class="queue-urgent" data-testid="is-urgent">
        <Chip tone="bad">{t('urgent.chip')}</Chip> <span class="second">{t('urgent.is')}</span>
      </p>
    )
  return (
    <p class="queue-urgent">
      <Button icon={Siren} testid="urgent" onClick={() => setAsking(true)}>
        {t('urgent.say')}
      </Button>
      {asking && (
        <Dialog
          title={t('urgent.sure')}
          testid="urgent-dialog"
          onClose={() => setAsking(false)}
          acts={
            <>
              <Button onClick={() => setAsking(false)}>{t('act.cancel')}</Button>
              <Button
                kind="danger"
                testid="urgent-yes"
                onClick={() => {
                  setAsking(false)
                  void act(model.markUrgent(room.id))
                }}
              >
                {t('urgent.yes')}
              </Button>
            </>
          }
        >
          <p>{t('urgent.text')}</p>
        </Dialog>
      )}
    </p>
  )
}
