/** The link of an invitation: it says for whom it is, takes the password that they choose, and signs them in. */
import { CircleAlert, KeyRound } from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import type { Invitation as Invited } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { Card } from './Card'
import { NewPassword } from './NewPassword'
import { wrongPassword, type Passwords } from './draft'

/** `not_found`: used, replaced or never there. `over`: expired. Any other code may pass. */
const DEAD: readonly string[] = ['not_found', 'over']

const codeOf = (reason: unknown): string => (reason instanceof Refusal ? reason.code : 'internal')

export function Invitation() {
  const model = useModel()
  const { route } = useLocation()
  const [token] = useState(() => location.hash.slice(1))
  const [invited, setInvited] = useState<Invited | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    setProblem(null)
    model.checkInvitation(token || '-').then(setInvited, (reason: unknown) => setProblem(codeOf(reason)))
  }, [model, token, attempt])

  return (
    <Card title={invited ? nameOf(invited.chain) : t('app.name')} lead={t('invitation.lead')}>
      {problem && DEAD.includes(problem) ? (
        <Empty icon={CircleAlert} title={t(`invitation.${problem}`)} text={t('invitation.help')}>
          <Button testid="invitation-sign-in" onClick={() => route('/', true)}>
            {t('setup.to_sign_in')}
          </Button>
        </Empty>
      ) : problem ? (
        <ErrorBox
          title={t('invitation.broken')}
          text={errorWords(problem)}
          onRetry={() => setAttempt(attempt + 1)}
        />
      ) : invited ? (
        <Form token={token} invited={invited} onDead={setProblem} />
      ) : (
        <Loading rows={3} />
      )}
    </Card>
  )
}

function Form(props: { token: string; invited: Invited; onDead: (code: string) => void }) {
  const model = useModel()
  const { route } = useLocation()
  const [typed, setTyped] = useState<Passwords>({ password: '', repeat: '' })
  const [wrong, setWrong] = useState<Partial<Passwords>>({})
  const [busy, setBusy] = useState(false)

  const submit = async (): Promise<void> => {
    if (busy) return
    const found = wrongPassword(typed)
    setWrong(found)
    if (Object.keys(found).length > 0) return
    setBusy(true)
    try {
      await model.acceptInvitation(props.token, typed.password)
      route('/', true)
    } catch (reason) {
      const code = codeOf(reason)
      if (DEAD.includes(code)) props.onDead(code)
      else if (code === 'weak_password') setWrong({ password: 'error.weak_password' })
      else setWrong({ repeat: `error.${code}` })
    } finally {
      setBusy(false)
    }
  }

  return (
    <form
      class="setup-form"
      data-testid="invitation"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <p>
        <strong>{nameOf(props.invited.name)}</strong>{' '}
        <span class="second">{t('invitation.login', { login: props.invited.login })}</span>
      </p>
      {/* For the password keeper of the browser. */}
      <input type="text" hidden readOnly autocomplete="username" value={props.invited.login} />
      <NewPassword value={typed} wrong={wrong} onInput={setTyped} testid="invitation" />
      <Button
        kind="main"
        type="submit"
        wide
        icon={KeyRound}
        busy={busy && t('setup.busy')}
        testid="invitation-go"
        class="signin-go"
      >
        {t('invitation.go')}
      </Button>
    </form>
  )
}
