/** An administrator's emergency sign-in: says that it is written down, and signs in by one press, once. */
import { CircleAlert, Siren } from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Empty } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { Card } from './Card'

/** `not_found`: used, replaced or never there. `over`: expired. Any other code may pass. */
const DEAD: readonly string[] = ['not_found', 'over']

export function BreakGlass() {
  const model = useModel()
  const { route } = useLocation()
  const [token] = useState(() => location.hash.slice(1))
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const enter = async (): Promise<void> => {
    if (busy) return
    setBusy(true)
    setProblem(null)
    try {
      await model.breakGlass(token || '-')
      route('/', true)
    } catch (reason) {
      setProblem(reason instanceof Refusal ? reason.code : 'internal')
    } finally {
      setBusy(false)
    }
  }
  return (
    <Card title={t('glass.title')} lead={t('glass.lead')}>
      {problem && DEAD.includes(problem) ? (
        <Empty icon={CircleAlert} title={t(`glass.${problem}`)} text={t('glass.help')}>
          <Button testid="glass-sign-in" onClick={() => route('/', true)}>
            {t('setup.to_sign_in')}
          </Button>
        </Empty>
      ) : (
        <>
          <p class="notice" role={problem ? 'alert' : undefined} data-testid="glass-notice">
            <CircleAlert class="icon" size={18} aria-hidden="true" />
            {problem ? errorWords(problem) : t('glass.loud')}
          </p>
          <Button
            kind="main"
            wide
            icon={Siren}
            busy={busy && t('signin.busy')}
            testid="glass-go"
            class="signin-go"
            onClick={() => void enter()}
          >
            {t('glass.go')}
          </Button>
        </>
      )}
    </Card>
  )
}
