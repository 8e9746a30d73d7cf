/** The first start of a chain: the link from the log makes its name and its first administrator, then says what next. */
import { CircleAlert, CircleCheck, KeyRound } from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Field } from '../parts/Field'
import { Empty, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { Card } from './Card'
import { NewPassword } from './NewPassword'
import { BLANK, wrongIn, type Draft, type Wrong } from './draft'

type Step = 'checking' | 'form' | 'ready' | 'setup_wrong' | 'setup_expired' | 'setup_done' | 'offline'
const DEAD: readonly string[] = ['setup_wrong', 'setup_expired', 'setup_done']

const codeOf = (reason: unknown): string => (reason instanceof Refusal ? reason.code : 'internal')

export function Setup() {
  const model = useModel()
  const { route } = useLocation()
  const [token] = useState(() => location.hash.slice(1))
  const [step, setStep] = useState<Step>('checking')
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    model.checkSetup(token || '-').then(
      () => setStep('form'),
      (reason: unknown) => {
        const code = codeOf(reason)
        setStep(DEAD.includes(code) ? (code as Step) : 'offline')
      },
    )
  }, [model, token, attempt])

  return (
    <Card title={t('setup.title')} lead={t('setup.lead')}>
      {step === 'checking' && <Loading rows={3} />}
      {step === 'form' && (
        <Form token={token} onReady={() => setStep('ready')} onDead={(code) => setStep(code as Step)} />
      )}
      {step === 'ready' && (
        <div class="setup-ready" data-testid="setup-ready">
          <p class="notice" data-tone="good" role="status">
            <CircleCheck class="icon" size={18} aria-hidden="true" />
            {t('setup.ready')}
          </p>
          <ol class="setup-next">
            <li>
              {t('setup.next_stores')}
              <code>passline org import stores.csv</code>
            </li>
            <li>
              {t('setup.next_people')}
              <code>passline user import people.csv</code>
            </li>
            <li>
              {t('setup.next_check')}
              <code>passline doctor</code>
            </li>
          </ol>
          <Button kind="main" wide class="signin-go" testid="setup-open" onClick={() => route('/', true)}>
            {t('setup.open')}
          </Button>
        </div>
      )}
      {DEAD.includes(step) && (
        <Empty icon={CircleAlert} title={t(`error.${step}`)} text={t(`setup.help_${step}`)}>
          <Button
            kind={step === 'setup_done' ? 'main' : 'plain'}
            testid="setup-sign-in"
            onClick={() => route('/', true)}
          >
            {t('setup.to_sign_in')}
          </Button>
        </Empty>
      )}
      {step === 'offline' && (
        <Empty icon={CircleAlert} title={errorWords('unavailable')}>
          <Button onClick={() => setAttempt(attempt + 1)}>{t('act.retry')}</Button>
        </Empty>
      )}
    </Card>
  )
}

function Form(props: { token: string; onReady: () => void; onDead: (code: string) => void }) {
  const model = useModel()
  const [draft, setDraft] = useState<Draft>(BLANK)
  const [wrong, setWrong] = useState<Wrong>({})
  const [busy, setBusy] = useState(false)
  const set = (key: keyof Draft) => (value: string) => setDraft({ ...draft, [key]: value })
  const words = (key: keyof Draft) => wrong[key] && t(wrong[key])

  const submit = async (): Promise<void> => {
    if (busy) return
    const found = wrongIn(draft)
    setWrong(found)
    if (Object.keys(found).length > 0) return
    setBusy(true)
    const chain = draft.chain.trim()
    const name = draft.name.trim()
    try {
      await model.setUp({
        token: props.token,
        chain: { zh: chain, en: draft.chainEn.trim() || chain },
        login: draft.login,
        name: { zh: name, en: name },
        password: draft.password,
      })
      props.onReady()
    } catch (reason) {
      const code = codeOf(reason)
      if (DEAD.includes(code)) props.onDead(code)
      else if (code === 'conflict') setWrong({ login: 'setup.login_taken' })
      else if (code === 'weak_password') setWrong({ password: 'error.weak_password' })
      else setWrong({ repeat: `error.${code}` })
    } finally {
      setBusy(false)
    }
  }

  return (
    <form
      class="setup-form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <Field
        label={t('setup.chain')}
        value={draft.chain}
        onInput={set('chain')}
        maxLength={100}
        testid="setup-chain"
        error={words('chain')}
      />
      <Field
        label={t('setup.chain_en')}
        value={draft.chainEn}
        onInput={set('chainEn')}
        maxLength={100}
        lang="en"
        testid="setup-chain-en"
      />
      <Field
        label={t('setup.name')}
        value={draft.name}
        onInput={set('name')}
        maxLength={100}
        testid="setup-name"
        error={words('name')}
      />
      <Field
        label={t('setup.login')}
        value={draft.login}
        onInput={set('login')}
        autocomplete="username"
        placeholder="it"
        maxLength={64}
        hint={t('setup.login_rule')}
        testid="setup-login"
        error={words('login')}
      />
      <NewPassword
        value={draft}
        wrong={wrong}
        onInput={(passwords) => setDraft({ ...draft, ...passwords })}
        testid="setup"
      />
      <Button
        kind="main"
        type="submit"
        wide
        icon={KeyRound}
        busy={busy && t('setup.busy')}
        testid="setup-go"
        class="signin-go"
      >
        {t('setup.go')}
      </Button>
    </form>
  )
}
