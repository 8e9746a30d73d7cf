/** Sign-in of a person or of a store's tablet; a tablet remembers its login, never its password. */
import { Building2, CircleAlert, Fingerprint, LogIn } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { SignInWays } from '../../contract'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Field } from '../parts/Field'
import { LangSwitch } from '../parts/LangSwitch'
import { Logo } from '../parts/Logo'
import { errorWords } from '../parts/Toasts'
import { keepLogin, keptLogin } from './kept'

export function SignIn(props: { notice?: string | null }) {
  const model = useModel()
  const [login, setLogin] = useState(() => keptLogin() ?? '')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const second = useRef<HTMLInputElement>(null)
  const [fresh, setFresh] = useState(false)
  useEffect(() => {
    model.setupNeeded().then(setFresh, () => undefined)
  }, [model])
  const [ways, setWays] = useState<SignInWays>({ provider: null, passkeys: null })
  useEffect(() => {
    model.signInWays().then(
      (found) => found && setWays(found),
      () => undefined,
    )
  }, [model])
  const { provider } = ways
  const [asking, setAsking] = useState(false)
  const byPasskey = async (): Promise<void> => {
    if (asking) return
    setAsking(true)
    setProblem(null)
    try {
      await model.passkeys.signIn()
    } catch (reason) {
      setProblem(reason instanceof Refusal ? reason.code : 'internal')
    } finally {
      setAsking(false)
    }
  }
  const leave = async (): Promise<void> => {
    setProblem(null)
    try {
      await model.toProvider(location.pathname + location.search)
    } catch (reason) {
      setProblem(reason instanceof Refusal ? reason.code : 'internal')
    }
  }
  const notice = props.notice ?? (fresh ? t('setup.needed') : null)

  const submit = async (): Promise<void> => {
    if (busy) return
    if (!login.trim() || !password) {
      setProblem('missing_words')
      return
    }
    setBusy(true)
    setProblem(null)
    try {
      await model.signIn(login.trim(), password)
      if (model.me.value?.person.role === 'store') keepLogin(login.trim())
    } catch (reason) {
      setProblem(reason instanceof Refusal ? reason.code : 'internal')
      setPassword('')
      second.current?.focus()
    } finally {
      setBusy(false)
    }
  }
  const words = problem === 'missing_words' ? t('signin.missing') : problem && errorWords(problem)

  return (
    <main class="signin">
      <header class="signin-head">
        <LangSwitch />
      </header>
      <form
        class="signin-card card"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <div class="signin-brand">
          <Logo size={56} />
          <div>
            <h1>{t('app.name')}</h1>
            <p class="second">{t('signin.lead')}</p>
          </div>
        </div>
        {notice && (
          <p class="notice" role="status" data-testid="signin-notice">
            <CircleAlert class="icon" size={18} aria-hidden="true" />
            {notice}
          </p>
        )}
        <Field
          label={t('signin.login')}
          value={login}
          onInput={setLogin}
          size="l"
          placeholder="store-0117"
          autocomplete="username"
          testid="login"
        />
        <Field
          label={t('signin.password')}
          value={password}
          onInput={setPassword}
          type="password"
          size="l"
          autocomplete="current-password"
          testid="password"
          error={words}
          innerRef={second}
        />
        <Button
          kind="main"
          type="submit"
          wide
          icon={LogIn}
          busy={busy && t('signin.busy')}
          testid="sign-in"
          class="signin-go"
        >
          {t('signin.go')}
        </Button>
        {ways.passkeys && keptLogin() === null && !model.passkeys.hindrance(ways.passkeys) && (
          <Button
            icon={Fingerprint}
            wide
            busy={asking && t('signin.busy')}
            class="signin-go"
            testid="by-passkey"
            onClick={() => void byPasskey()}
          >
            {t('signin.passkey')}
          </Button>
        )}
        {provider && (
          <Button icon={Building2} wide class="signin-go" testid="to-provider" onClick={() => void leave()}>
            {t('signin.provider', { name: provider })}
          </Button>
        )}
        <p class="caption">{t('signin.help')}</p>
        <a class="btn signin-enrol" data-kind="link" href="/enrol" data-testid="to-enrol">
          <span>{t('enrol.open')}</span>
        </a>
      </form>
    </main>
  )
}
