/** A new tablet for a store: its name, then the code and QR code with which it is enrolled, shown once. */
import { QrCode as QrSign } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Enrolment, StoreRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { until } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { QrCode } from '../parts/QrCode'
import { refused } from './words'

export function EnrolDialog(props: { store: StoreRecord; onClose: () => void }) {
  const model = useModel()
  const [name, setName] = useState(t('admin.device_name_first', { n: props.store.devices.length + 1 }))
  const [made, setMade] = useState<Enrolment | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const offer = async (): Promise<void> => {
    if (busy) return
    if (!name.trim()) return setProblem(t('admin.name_missing'))
    setBusy(true)
    try {
      setMade(await model.organisation.offerEnrolment(props.store.id, name.trim()))
    } catch (reason) {
      setProblem(refused('device', reason instanceof Refusal ? reason.code : 'internal'))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={t('admin.enrol_title', { name: nameOf(props.store.name) })}
      testid="enrol-dialog"
      size="wide"
      onClose={props.onClose}
      acts={
        made ? (
          <Button kind="main" onClick={props.onClose} testid="enrol-done">
            {t('admin.done')}
          </Button>
        ) : (
          <>
            <Button onClick={props.onClose}>{t('act.cancel')}</Button>
            <Button
              kind="main"
              icon={QrSign}
              busy={busy && t('admin.busy')}
              onClick={() => void offer()}
              testid="enrol-offer"
            >
              {t('admin.enrol_offer')}
            </Button>
          </>
        )
      }
    >
      {made ? (
        <div class="admin-code">
          <QrCode rows={made.picture} label={t('admin.enrol_qr')} />
          <div>
            <p>{t('admin.enrol_text')}</p>
            <p class="admin-digits num" data-testid="enrol-code">
              {made.code.slice(0, 4)} {made.code.slice(4)}
            </p>
            <p class="caption">{made.address.split('#')[0]}</p>
            <p class="caption">
              {t('admin.enrol_until', { time: until(made.expires_at, model.tick.value) })}
            </p>
            <p class="caption">{t('admin.kiosk')}</p>
          </div>
        </div>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void offer()
          }}
        >
          <Field
            label={t('admin.device_name')}
            value={name}
            onInput={setName}
            hint={t('admin.device_name_hint')}
            error={problem}
            maxLength={200}
            testid="device-name"
          />
        </form>
      )}
    </Dialog>
  )
}
