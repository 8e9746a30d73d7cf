/** When one does not want to be rung: from now until then, and every day at the same hours. */
import { useEffect, useState } from 'preact/hooks'
import type { KeptQuiet } from '../../contract'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { act } from '../act'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Problem } from '../parts/Problem'
import { ErrorBox, Loading } from '../parts/State'

const MINUTES = [30, 60, 240] as const
const NIGHT = { from: '22:00', to: '07:00' }

const two = (n: number): string => String(n).padStart(2, '0')
const clock = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
function minuteOf(time: string): number | null {
  const [, hours, minutes] = /^(\d\d):(\d\d)$/.exec(time) ?? []
  return hours && minutes ? Number(hours) * 60 + Number(minutes) : null
}

/** `until` is when it ends as it was set before; the others count from now. */
type Choice = 'off' | 'until' | 'open' | (typeof MINUTES)[number]

export function QuietDialog(props: { onClose: () => void }) {
  const model = useModel()
  const [known, setKnown] = useState<KeptQuiet | null>(null)
  const [failed, setFailed] = useState(false)
  const load = (): void => {
    setFailed(false)
    model.quiet.get().then(setKnown, () => setFailed(true))
  }
  useEffect(load, [])
  if (known) return <Form key={known.tag} known={known} onClose={props.onClose} onOvertaken={load} />
  return (
    <Dialog
      title={t('quiet.title')}
      testid="quiet-dialog"
      onClose={props.onClose}
      acts={<Button onClick={props.onClose}>{t('act.close')}</Button>}
    >
      {failed ? (
        <ErrorBox title={t('quiet.failed')} text={t('error.offline')} onRetry={load} />
      ) : (
        <Loading rows={3} />
      )}
    </Dialog>
  )
}

function Form(props: { known: KeptQuiet; onClose: () => void; onOvertaken: () => void }) {
  const model = useModel()
  const { known, onClose } = props
  const now = model.tick.value
  const running = known.do_not_disturb && (!known.until || known.until > now)
  const [choice, setChoice] = useState<Choice>(!running ? 'off' : known.until ? 'until' : 'open')
  const [daily, setDaily] = useState(Boolean(known.hours))
  const [from, setFrom] = useState(known.hours ? clock(known.hours.from_min) : NIGHT.from)
  const [to, setTo] = useState(known.hours ? clock(known.hours.to_min) : NIGHT.to)
  const [checked, setChecked] = useState(false)
  const [busy, setBusy] = useState(false)
  const zone = known.hours?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const [fromMin, toMin] = [minuteOf(from), minuteOf(to)]
  const wrong = daily && (fromMin === null || toMin === null || fromMin === toMin)

  const choices: Choice[] = [
    'off',
    ...(running && known.until ? (['until'] as const) : []),
    ...MINUTES,
    'open',
  ]
  const word = (one: Choice): string => {
    if (one === 'until') return t('quiet.until', { time: when(known.until!, now) })
    if (typeof one === 'string') return t(`quiet.${one}`)
    return one < 60 ? t('quiet.minutes', { n: one }) : t('quiet.hours', { count: one / 60 })
  }
  const save = (): void => {
    setChecked(true)
    if (busy || wrong) return
    setBusy(true)
    const until =
      choice === 'until' ? known.until : typeof choice === 'number' ? model.now() + choice * 60_000 : null
    const hours = daily ? { from_min: fromMin!, to_min: toMin!, zone } : null
    const wish = { do_not_disturb: choice !== 'off', until: until && Math.round(until), hours }
    const set = model.quiet.set(wish, known.tag).catch((reason: unknown) => {
      if (reason instanceof Refusal && reason.code === 'precondition') props.onOvertaken()
      throw reason
    })
    void act(set, { precondition: 'quiet.overtaken' }).then((done) => {
      setBusy(false)
      if (done) onClose()
    })
  }
  return (
    <Dialog
      title={t('quiet.title')}
      testid="quiet-dialog"
      onClose={onClose}
      acts={
        <>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button kind="main" testid="quiet-save" busy={busy && t('admin.busy')} onClick={save}>
            {t('admin.save')}
          </Button>
        </>
      }
    >
      <fieldset class="call-reasons">
        <legend>{t('quiet.now')}</legend>
        {choices.map((one) => (
          <label class="check" key={one}>
            <input
              type="radio"
              name="quiet"
              checked={choice === one}
              data-testid={`quiet-${one}`}
              onChange={() => setChoice(one)}
            />
            {word(one)}
          </label>
        ))}
      </fieldset>
      <fieldset class="call-reasons">
        <legend>{t('quiet.daily')}</legend>
        <label class="check">
          <input
            type="checkbox"
            checked={daily}
            data-testid="quiet-daily"
            onChange={(event) => setDaily(event.currentTarget.checked)}
          />
          {t('quiet.daily_on')}
        </label>
        {daily && (
          <div class="quiet-hours">
            {(
              [
                ['from', from, setFrom],
                ['to', to, setTo],
              ] as const
            ).map(([end, value, set]) => (
              <label class="field" key={end}>
                <span class="legend">{t(`routing.${end}`)}</span>
                <input
                  class="input"
                  type="time"
                  value={value}
                  aria-invalid={(checked && wrong) || undefined}
                  aria-describedby="quiet-zone"
                  data-testid={`quiet-${end}`}
                  onInput={(event) => set(event.currentTarget.value)}
                />
              </label>
            ))}
            <p class="caption" id="quiet-zone">
              {t('quiet.zone', { zone: zone.replaceAll('_', ' ') })}
            </p>
            {checked && wrong && <Problem>{t('quiet.wrong')}</Problem>}
          </div>
        )}
      </fieldset>
      <p class="second">{t('quiet.words')}</p>
    </Dialog>
  )
}
