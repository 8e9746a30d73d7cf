/** Back from the identity provider: signs in with what it sent along, or says why that did not work and what to do. */
import { CircleAlert } from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Empty, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { Card } from './Card'

/** What has words of its own on this page. */
const KNOWN: readonly string[] = [
  'over',
  'oidc_refused',
  'oidc_unknown',
  'oidc_disabled',
  'oidc_taken',
  'oidc_unreachable',
]

const codeOf = (reason: unknown): string => (reason instanceof Refusal ? reason.code : 'internal')

export function SignedIn() {
  const model = useModel()
  const { route } = useLocation()
  const [query] = useState(() => location.search)
  const [problem, setProblem] = useState<string | null>(null)
  // Until then the answer to who was signed in before is under way, and would undo this.
  const settled = model.me.value !== undefined
  useEffect(() => {
    if (!settled) return
    history.replaceState(null, '', location.pathname) // the code is used up, and is nobody's business
    model.fromProvider(query).then(
      (path) => route(path, true),
      (reason: unknown) => setProblem(codeOf(reason)),
    )
  }, [settled])
  const again = (): void => {
    setProblem(null)
    model.toProvider('/').catch((reason: unknown) => setProblem(codeOf(reason)))
  }

  return (
    <Card title={t('app.name')}>
      {problem ? (
        <Empty
          icon={CircleAlert}
          title={KNOWN.includes(problem) ? t(`provider.${problem}`) : errorWords(problem)}
          text={KNOWN.includes(problem) ? t(`provider.help_${problem}`) : undefined}
        >
          <Button kind="main" testid="provider-again" onClick={again}>
            {t('provider.again')}
          </Button>
          <Button testid="provider-password" onClick={() => route('/', true)}>
            {t('provider.password')}
          </Button>
        </Empty>
      ) : (
        <Loading rows={3} />
      )}
    </Card>
  )
}
