/** One tablet: when it last looked at itself, what is wrong and what to do, and a button that has it look now. */
import { RotateCcw } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { TabletHealth } from '../../../contract'
import { t } from '../../../i18n'
import { act } from '../../act'
import { when } from '../../format'
import { ICONS } from '../../doctor/icons'
import { useModel } from '../../model'
import { Button } from '../../parts/Button'
import { Chip } from '../../parts/Chip'
import { toast } from '../../parts/Toasts'
import { sentenceOf, TONES } from './words'

/** A look takes twenty seconds at most on a tablet that answers. */
const PATIENCE_MS = 45_000

type Run = 'asked' | 'done' | 'in_use' | 'no_answer' | null

export function TabletLine(props: { line: TabletHealth; now: number }) {
  const model = useModel()
  const { line, now } = props
  const [run, setRun] = useState<Run>(null)
  const told = model.health.told.value
  useEffect(() => {
    if (told?.tablet !== line.tablet || run !== 'asked') return
    setRun(told.abandoned ? 'in_use' : 'done')
    // The line is gone if there is nothing more to look at.
    if (!told.abandoned) toast(() => t('health.run_toast', { name: line.name }), 'good')
  }, [told])
  useEffect(() => {
    if (run !== 'asked') return undefined
    const timer = setTimeout(() => setRun('no_answer'), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [run])
  const ask = async (): Promise<void> => {
    setRun('asked')
    const words = { conflict: 'health.run_conflict' }
    if (!(await act(model.health.runNow(line.tablet), words))) setRun(null)
  }
  return (
    <li class="health-tablet" data-testid={`health-${line.tablet}`} data-fate={line.fate}>
      <div class="health-head">
        <div class="health-who">
          <h3>{line.name}</h3>
          <p class="second num">
            {line.test
              ? t('health.reported', { time: when(line.test.at, now), version: line.test.version })
              : t('health.never')}
          </p>
        </div>
        <Chip tone={TONES[line.fate]}>{t(`health.fate_${line.fate}`)}</Chip>
        <Button
          icon={RotateCcw}
          busy={run === 'asked' && t('health.running')}
          disabled={!line.here}
          title={line.here ? undefined : t('health.not_here')}
          testid={`health-run-${line.tablet}`}
          onClick={() => void ask()}
        >
          {t('health.run')}
        </Button>
      </div>
      <p class="second" role="status" data-testid={`health-told-${line.tablet}`}>
        {run !== null && run !== 'asked' && t(`health.run_${run}`)}
      </p>
      <ul class="health-found">
        {line.fate === 'silent' && line.since && (
          <li>{t('health.silent', { time: when(line.since, now) })}</li>
        )}
        {line.fate === 'untested' && <li>{t('health.untested_do')}</li>}
        {(line.test?.checks ?? []).map((check) => {
          const Icon = ICONS[check.name]
          return (
            <li key={check.name} data-state={check.state} data-words={check.words}>
              {Icon && <Icon class="icon" size={20} aria-hidden="true" />}
              <p>
                <strong>{t(`doctor.${check.name}`)}</strong> {sentenceOf(check)}
              </p>
            </li>
          )
        })}
      </ul>
    </li>
  )
}
