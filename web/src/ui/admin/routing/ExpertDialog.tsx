/** When an expert can be rung, and for what; which skills they have at all is in the list of people. */
import { Plus, X } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { ExpertLine, Language } from '../../../contract'
import { nameOf, t } from '../../../i18n'
import { useModel } from '../../model'
import { Button } from '../../parts/Button'
import { Problem } from '../../parts/Problem'
import { errorWords, toast } from '../../parts/Toasts'
import { Checks } from '../Checks'
import { FormDialog, useHeld, useSaving } from '../FormDialog'
import { Choice } from '../Frame'
import { USUAL_LEVEL } from './Experts'
import { LEVELS } from './chains'
import { DAYS, dayName, hoursOf, shiftsOf, wrongWith, type Hours } from './shifts'

const LANGUAGES: readonly Language[] = ['zh', 'en']
const OFFICE: Hours = { days: [0, 1, 2, 3, 4], from: '09:00', to: '18:00' }
/** As in contract/routing.py; each line may be a night of every day. */
const MOST_SHIFTS = 42

/** Those of this browser, with the one that is set. */
const zones = (set: string): string[] => [...new Set([set, ...Intl.supportedValuesOf('timeZone')])].sort()

export function ExpertDialog(props: {
  line: ExpertLine
  onClose: () => void
  onDone: () => void
  onOvertaken: () => void
}) {
  const model = useModel()
  const { person, profile } = props.line
  const [{ tag }, adopt] = useHeld(props.line)
  const [levels, setLevels] = useState(profile.levels)
  const [languages, setLanguages] = useState(profile.languages)
  const [hours, setHours] = useState(() => hoursOf(profile.shifts))
  const [zone, setZone] = useState(profile.zone)
  const [onCall, setOnCall] = useState(profile.on_call)
  const [checked, setChecked] = useState(false)
  const overtaken = (): void => {
    adopt()
    props.onOvertaken()
  }
  const saving = useSaving((refused) => {
    if (refused.code === 'bad_message') return t('routing.refused', { why: refused.detail })
    return errorWords(refused.code)
  }, overtaken)

  const save = (): void => {
    setChecked(true)
    if (hours.some((line) => wrongWith(line) !== null)) return
    const shifts = shiftsOf(hours)
    if (shifts.length > MOST_SHIFTS)
      return saving.setProblem(t('routing.too_many_shifts', { count: MOST_SHIFTS }))
    void saving.carryOut(async () => {
      await model.routing.setProfile(person.id, { levels, languages, zone, shifts, on_call: onCall }, tag)
      toast(() => t('admin.saved', { name: nameOf(person.name) }))
      props.onDone()
    })
  }

  return (
    <FormDialog
      title={nameOf(person.name)}
      thing="expert"
      saving={saving}
      verb={t('admin.save')}
      onSave={save}
      onClose={props.onClose}
    >
      {person.skills.length > 0 ? (
        <div class="admin-pair">
          {person.skills.map((skill) => (
            <Choice
              key={skill}
              label={t('routing.level_of', { skill: t(`skill.${skill}`) })}
              value={String(levels[skill] ?? USUAL_LEVEL)}
              options={LEVELS.map((level) => ({
                value: String(level),
                word: `${level} ${t(`routing.levels.${level}`)}`,
              }))}
              onChange={(level) => setLevels({ ...levels, [skill]: Number(level) })}
              testid={`expert-level-${skill}`}
            />
          ))}
        </div>
      ) : (
        <p class="second">{t('routing.no_skill')}</p>
      )}
      <Checks
        label={t('routing.languages')}
        hint={languages.length === 0 ? t('routing.every_language') : undefined}
        options={LANGUAGES.map((one) => ({ value: one, word: t(`routing.language.${one}`) }))}
        chosen={languages}
        onChange={setLanguages}
        testid="expert-language"
      />
      <label class="check">
        <input
          type="checkbox"
          checked={onCall}
          data-testid="expert-on-call"
          onChange={(event) => setOnCall(event.currentTarget.checked)}
        />
        {t('routing.on_call')}
        <span class="caption">{t('routing.on_call_text')}</span>
      </label>
      <section class="routing-hours" aria-label={t('routing.hours')}>
        <h3 class="legend">{t('routing.hours')}</h3>
        {hours.length === 0 && <p class="second">{t('routing.always')}</p>}
        {hours.map((line, number) => (
          <HoursRow
            key={number}
            line={line}
            number={number}
            error={checked ? wrongWith(line) : null}
            onChange={(next) => setHours(hours.with(number, next))}
            onRemove={() => setHours(hours.toSpliced(number, 1))}
          />
        ))}
        <Button icon={Plus} onClick={() => setHours([...hours, OFFICE])} testid="hours-add">
          {t('routing.add_hours')}
        </Button>
      </section>
      {hours.length > 0 && (
        <Choice
          label={t('routing.zone')}
          value={zone}
          options={zones(zone).map((one) => ({ value: one, word: one.replaceAll('_', ' ') }))}
          onChange={setZone}
          testid="expert-zone"
        />
      )}
    </FormDialog>
  )
}

function HoursRow(props: {
  line: Hours
  number: number
  error: string | null
  onChange: (line: Hours) => void
  onRemove: () => void
}) {
  const { line, number } = props
  const time = (end: 'from' | 'to') => (
    <input
      class="input"
      type="time"
      value={line[end]}
      aria-label={t(`routing.${end}`)}
      aria-invalid={props.error ? true : undefined}
      data-testid={`hours-${number}-${end}`}
      onInput={(event) => props.onChange({ ...line, [end]: event.currentTarget.value })}
    />
  )
  return (
    <div class="routing-shift" role="group" aria-label={t('routing.hours_line', { n: number + 1 })}>
      <div class="routing-days">
        {DAYS.map((day) => (
          <button
            key={day}
            type="button"
            class="routing-day"
            aria-pressed={line.days.includes(day)}
            data-testid={`hours-${number}-day-${day}`}
            onClick={() =>
              props.onChange({
                ...line,
                days: DAYS.filter((one) => (one === day) !== line.days.includes(one)),
              })
            }
          >
            {dayName(day)}
          </button>
        ))}
      </div>
      <div class="routing-times">
        {time('from')}
        <span aria-hidden="true">–</span>
        {time('to')}
        <Button
          kind="quiet"
          iconOnly
          icon={X}
          label={t('routing.remove_hours', { n: number + 1 })}
          onClick={props.onRemove}
          testid={`hours-${number}-remove`}
        />
      </div>
      {props.error && <Problem>{props.error}</Problem>}
    </div>
  )
}
