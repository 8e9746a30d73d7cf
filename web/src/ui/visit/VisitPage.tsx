/** A visitor's pages: who comes by the link, waits to be let in, and is told how it ended. No account, nothing to install. */
import { CircleAlert, DoorOpen, Hourglass, LogIn, ShieldCheck } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { VisitOffer } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Field } from '../parts/Field'
import { LangSwitch } from '../parts/LangSwitch'
import { Logo } from '../parts/Logo'
import { Banner, Empty, ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { Preview } from './Preview'

const codeOf = (reason: unknown): string => (reason instanceof Refusal ? reason.code : 'internal')

export function VisitPage() {
  const model = useModel()
  const [token] = useState(() => location.hash.slice(1))
  useEffect(() => {
    // Another link, opened over this one, differs in what a browser loads no page for.
    const again = (): void => location.reload()
    addEventListener('hashchange', again)
    return () => removeEventListener('hashchange', again)
  }, [])
  const stay = model.stay.value
  const me = model.me.value
  const visitor = me?.person.role === 'visitor'
  return (
    <main class="signin visit">
      <header class="signin-head">
        <LangSwitch />
      </header>
      <div class="signin-card card">
        {stay?.stage === 'over' ? (
          <>
            <Brand />
            <Empty
              icon={DoorOpen}
              title={t(`visit.over.${stay.why ?? 'ended'}`)}
              text={t('visit.over_text')}
            />
          </>
        ) : visitor ? (
          <Waiting />
        ) : me === undefined ? (
          <Loading rows={3} />
        ) : me !== null ? (
          <>
            <Brand />
            <Empty icon={CircleAlert} title={t('visit.signed_in')} text={t('visit.signed_in_text')} />
          </>
        ) : (
          <Link token={token} />
        )}
      </div>
    </main>
  )
}

/** Whose call it is; `lead` is what one comes for, and nothing once that is over. */
function Brand(props: { name?: string; lead?: string }) {
  return (
    <div class="signin-brand">
      <Logo size={56} />
      <div>
        <h1>{props.name ?? t('app.name')}</h1>
        {props.lead && <p class="second">{props.lead}</p>}
      </div>
    </div>
  )
}

function Link(props: { token: string }) {
  const model = useModel()
  const { token } = props
  const [offer, setOffer] = useState<VisitOffer | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    setProblem(null)
    model.lookAtVisit(token || '-').then(setOffer, (reason: unknown) => setProblem(codeOf(reason)))
  }, [model, token, attempt])
  return (
    <>
      {offer ? (
        <Brand name={nameOf(offer.chain)} lead={t('visit.lead', { name: nameOf(offer.by) })} />
      ) : (
        <Brand />
      )}
      {problem === 'not_found' ? (
        <div data-testid="visit-dead">
          <Empty icon={CircleAlert} title={t('visit.dead')} text={t('visit.dead_text')} />
        </div>
      ) : problem ? (
        <ErrorBox
          title={t('visit.broken')}
          text={errorWords(problem)}
          onRetry={() => setAttempt(attempt + 1)}
        />
      ) : offer ? (
        <Form token={token} recorded={offer.recorded} onDead={() => setProblem('not_found')} />
      ) : (
        <Loading rows={3} />
      )}
    </>
  )
}

function Form(props: { token: string; recorded: boolean; onDead: () => void }) {
  const model = useModel()
  const [name, setName] = useState('')
  const [company, setCompany] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const enter = async (): Promise<void> => {
    if (busy) return
    if (!name.trim()) return setWrong(t('visit.name_missing'))
    setBusy(true)
    setWrong(null)
    try {
      await model.enterVisit(props.token, name.trim(), company.trim())
    } catch (reason) {
      const code = codeOf(reason)
      if (code === 'not_found') props.onDead()
      else setWrong(code === 'bad_message' ? t('visit.name_missing') : errorWords(code))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      class="setup-form"
      data-testid="visit-form"
      onSubmit={(event) => {
        event.preventDefault()
        void enter()
      }}
    >
      <Field
        label={t('visit.name')}
        value={name}
        onInput={setName}
        autocomplete="name"
        maxLength={40}
        error={wrong}
        testid="visit-name"
      />
      <Field
        label={t('visit.company')}
        value={company}
        onInput={setCompany}
        autocomplete="organization"
        maxLength={40}
        hint={t('visit.company_hint')}
        testid="visit-company"
      />
      <Preview />
      <p class="visit-consent">
        <ShieldCheck class="icon" size={20} aria-hidden="true" />
        <span>{t(props.recorded ? 'visit.consent' : 'visit.not_recorded')}</span>
      </p>
      <Button
        kind="main"
        type="submit"
        wide
        icon={LogIn}
        busy={busy && t('visit.busy')}
        testid="visit-go"
        class="signin-go"
      >
        {t(props.recorded ? 'visit.go' : 'visit.ask')}
      </Button>
    </form>
  )
}

function Waiting() {
  const model = useModel()
  const [leaving, setLeaving] = useState(false)
  const stay = model.stay.value
  const offline = model.link.value === 'offline'
  const waits = stay?.stage === 'waiting' || stay?.stage === 'in'
  return (
    <>
      <Brand lead={t('visit.lead_short')} />
      {stay?.stage === 'refused' ? (
        <ErrorBox
          title={t('visit.unheard')}
          text={errorWords(stay.code)}
          onRetry={() => void model.comeIn()}
        />
      ) : (
        <div data-testid={waits ? 'visit-waiting' : 'visit-asking'}>
          <Banner
            icon={Hourglass}
            tone="info"
            title={t(offline ? 'link.offline_title' : waits ? 'visit.waiting' : 'visit.busy')}
            text={t(offline ? 'link.offline_text' : waits ? 'visit.waiting_text' : 'visit.asking_text')}
          />
        </div>
      )}
      <Preview />
      <Button
        wide
        testid="visit-leave"
        busy={leaving && t('visit.leaving')}
        onClick={() => {
          if (leaving) return
          setLeaving(true)
          void act(model.leaveVisit()).finally(() => setLeaving(false))
        }}
      >
        {t('visit.leave')}
      </Button>
    </>
  )
}
