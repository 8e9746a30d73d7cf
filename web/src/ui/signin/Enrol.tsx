/** A tablet becomes a store's device: by the code that a QR code brought here, or that somebody types. */
import { TabletSmartphone } from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Field } from '../parts/Field'
import { errorWords } from '../parts/Toasts'
import { Card } from './Card'

export function Enrol() {
  const model = useModel()
  const { route } = useLocation()
  const [code, setCode] = useState(() => location.hash.slice(1))
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const enrol = async (): Promise<void> => {
    if (busy) return
    if (!code.trim()) return setProblem(t('enrol.missing'))
    setBusy(true)
    setProblem(null)
    try {
      await model.enrol(code.trim())
      route('/', true)
    } catch (reason) {
      const refused = reason instanceof Refusal ? reason.code : 'internal'
      setProblem(refused === 'not_found' ? t('enrol.not_found') : errorWords(refused))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Card title={t('enrol.title')} lead={t('enrol.lead')} onSubmit={() => void enrol()}>
      <Field
        label={t('enrol.code')}
        value={code}
        onInput={setCode}
        size="l"
        placeholder="K7MW 3XQP"
        maxLength={64}
        error={problem}
        testid="enrol-code"
      />
      <Button
        kind="main"
        type="submit"
        wide
        icon={TabletSmartphone}
        busy={busy && t('enrol.busy')}
        testid="enrol-go"
        class="signin-go"
      >
        {t('enrol.go')}
      </Button>
      <Button kind="link" onClick={() => route('/', true)} testid="enrol-sign-in">
        {t('setup.to_sign_in')}
      </Button>
    </Card>
  )
}
