/** Whether calls work from this browser: each thing a call needs in one line, what is wrong with it, and what to do. */
import { CircleAlert, CircleCheck, CircleHelp, CircleX, Copy, RotateCcw } from 'lucide-preact'
import type { LucideIcon } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../../i18n'
import type { Check, CheckUp } from '../../model/api'
import { overall } from '../../model/verdict'
import { SharedPage } from '../desk/TabletPage'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Loading } from '../parts/State'
import { ICONS } from './icons'
import { report, sentence } from './report'

const SIGNS: Record<Exclude<Check['state'], 'running'>, LucideIcon> = {
  good: CircleCheck,
  weak: CircleAlert,
  bad: CircleX,
  unknown: CircleHelp,
}

function Sign(props: { state: Check['state']; size: number }) {
  if (props.state === 'running') return <span class="spin" aria-hidden="true" />
  const Icon = SIGNS[props.state]
  return <Icon class="icon" size={props.size} strokeWidth={1.9} aria-hidden="true" />
}

function Line(props: { check: Check }) {
  const { check } = props
  const Icon = ICONS[check.name]
  const { rttMs } = check
  return (
    <li
      class="checked"
      data-state={check.state}
      data-testid={`doctor-${check.name}`}
      data-words={check.words}
    >
      <Icon class="icon checked-icon" size={24} aria-hidden="true" />
      <div class="checked-words">
        <h2>{t(`doctor.${check.name}`)}</h2>
        <p class="second">{sentence(check)}</p>
      </div>
      {rttMs !== null && (
        <span class="second num">
          {t('doctor.ms', { ms: rttMs < 9.5 ? rttMs.toFixed(1) : Math.round(rttMs) })}
        </span>
      )}
      <span class="checked-state">
        <Sign state={check.state} size={20} />
        {t(`doctor.state_${check.state}`)}
      </span>
    </li>
  )
}

/** A browser lends the clipboard only to a secure page; without it the text stands ready to be marked. */
async function copy(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    if (shown) getSelection()?.selectAllChildren(shown)
    return false
  }
}

function CheckUpView(props: { checkUp: CheckUp }) {
  const model = useModel()
  const { checkUp } = props
  const checks = checkUp.checks.value
  const running = checkUp.running.value
  const state = overall(checks)
  const me = model.me.value
  const [copied, setCopied] = useState<'no' | 'yes' | 'by_hand'>('no')
  const [at, setAt] = useState(() => new Date())
  const pre = useRef<HTMLPreElement>(null)
  const text = me ? report(checks, me, { address: location.origin, agent: navigator.userAgent, at }) : ''

  useEffect(() => {
    void checkUp.run()
    return () => checkUp.close()
  }, [checkUp])

  return (
    <>
      <header class="verdict-head" data-state={state} data-testid="doctor-verdict" role="status">
        <Sign state={state} size={36} />
        <div>
          <h1>{t(`doctor.verdict_${state}`)}</h1>
          <p class="second">{t(`doctor.verdict_${state}_text`)}</p>
        </div>
      </header>
      <ul class="card row-list" aria-busy={running}>
        {checks.map((check) => (
          <Line key={check.name} check={check} />
        ))}
      </ul>
      <div class="doctor-acts">
        <Button
          kind="main"
          icon={RotateCcw}
          busy={running && t('doctor.running')}
          testid="doctor-again"
          onClick={() => {
            setAt(new Date())
            setCopied('no')
            void checkUp.run()
          }}
        >
          {t('doctor.again')}
        </Button>
        <Button
          icon={Copy}
          testid="doctor-copy"
          onClick={() => void copy(text, pre.current).then((done) => setCopied(done ? 'yes' : 'by_hand'))}
        >
          {t(copied === 'yes' ? 'doctor.copied' : 'doctor.copy')}
        </Button>
        <p class="second" role="status">
          {copied === 'no' ? t('doctor.copy_for') : t(`doctor.copied_${copied}`)}
        </p>
      </div>
      <details class="doctor-details" open={copied === 'by_hand'}>
        <summary>{t('doctor.details')}</summary>
        <pre ref={pre} class="card" tabIndex={0} data-testid="doctor-report" lang="en">
          {text}
        </pre>
      </details>
    </>
  )
}

export function Doctor() {
  const model = useModel()
  const [checkUp, setCheckUp] = useState<CheckUp | null>(null)
  useEffect(() => {
    let gone = false
    void model.checkUp().then((made) => {
      if (!gone) setCheckUp(made)
    })
    return () => {
      gone = true
    }
  }, [model])
  return (
    <SharedPage>
      <main class="doctor">{checkUp ? <CheckUpView checkUp={checkUp} /> : <Loading rows={4} />}</main>
    </SharedPage>
  )
}
