/** Before a store is called: what about, and that it is recorded. */
import { Phone } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Reason, Store } from '../../contract'
import { nameOf, t } from '../../i18n'
import { act } from '../act'
import { mayRecordMine } from '../../model/policies'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

const REASONS: readonly Reason[] = ['equipment', 'dishes', 'other']

export function CallDialog(props: { store: Store; onClose: () => void }) {
  const model = useModel()
  const { store, onClose } = props
  const [reason, setReason] = useState<Reason>('other')
  const [calling, setCalling] = useState(false)
  return (
    <Dialog
      title={t('calling.call_it', { store: nameOf(store.name) })}
      testid="call-dialog"
      onClose={onClose}
      acts={
        <>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            kind="main"
            icon={Phone}
            testid="call-store-yes"
            busy={calling && t('calling.busy')}
            onClick={() => {
              setCalling(true)
              void act(model.callStore(store.id, reason)).then((done) => {
                setCalling(false)
                if (done) onClose()
              })
            }}
          >
            {t('calling.call')}
          </Button>
        </>
      }
    >
      <fieldset class="call-reasons">
        <legend>{t('calling.about')}</legend>
        {REASONS.map((one) => (
          <label class="check" key={one}>
            <input
              type="radio"
              name="reason"
              checked={reason === one}
              data-testid={`about-${one}`}
              onChange={() => setReason(one)}
            />
            <strong>{t(`reason.${one}`)}</strong>
            <span class="second">{t(`reason.${one}_text`)}</span>
          </label>
        ))}
      </fieldset>
      <p class="second">{t(mayRecordMine(model.me.value) ? 'calling.consent' : 'calling.not_recorded')}</p>
    </Dialog>
  )
}
