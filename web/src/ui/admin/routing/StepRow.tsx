/** One step of a chain: whom it rings, for how long, and where it stands. */
import { ArrowDown, ArrowUp, X } from 'lucide-preact'
import type { RingStep } from '../../../contract'
import { t } from '../../../i18n'
import { Button } from '../../parts/Button'
import { Field } from '../../parts/Field'
import { Choice } from '../Frame'
import { SKILLS } from '../PersonDialog'
import { LEVELS, WHO, midSentence } from './chains'
import { Checks } from '../Checks'

export function StepRow(props: {
  step: RingStep
  number: number
  of: number
  reason: 'any' | 'equipment' | 'dishes' | 'other'
  error?: string
  onChange: (part: Partial<RingStep>) => void
  onMove: (to: number) => void
  onRemove: () => void
}) {
  const { step, number, onChange } = props
  const n = number + 1
  return (
    <li class="routing-step" data-testid={`step-${number}`} aria-label={t('routing.step', { n })}>
      <span class="routing-number num" aria-hidden="true">
        {n}
      </span>
      <div class="routing-fields">
        <Choice
          label={t('routing.who')}
          value={step.who}
          options={WHO.map((who) => ({ value: who, word: t(`routing.whos.${who}`) }))}
          onChange={(who) =>
            onChange(who === 'skilled' ? { who } : { who: who as RingStep['who'], skills: [], min_level: 1 })
          }
          testid={`step-${number}-who`}
        />
        {step.who === 'skilled' && (
          <Choice
            label={t('routing.min_level')}
            value={String(step.min_level)}
            options={LEVELS.map((level) => ({
              value: String(level),
              word: t(level === 1 ? 'routing.any_level' : `routing.from_level_${level}`),
            }))}
            onChange={(level) => onChange({ min_level: Number(level) })}
            testid={`step-${number}-level`}
          />
        )}
        <Field
          label={t('routing.seconds')}
          type="number"
          value={Number.isNaN(step.ring_ms) ? '' : String(step.ring_ms / 1000)}
          onInput={(text) => onChange({ ring_ms: text === '' ? NaN : Math.round(Number(text) * 1000) })}
          error={props.error}
          testid={`step-${number}-seconds`}
        />
        {step.who === 'skilled' && (
          <Checks
            label={t('admin.skills')}
            hint={
              step.skills?.length
                ? undefined
                : t('routing.no_skills', { skills: midSentence(t(`step.for_${props.reason}`)) })
            }
            options={SKILLS.map((skill) => ({ value: skill, word: t(`skill.${skill}`) }))}
            chosen={step.skills ?? []}
            onChange={(skills) => onChange({ skills })}
            testid={`step-${number}-skill`}
          />
        )}
      </div>
      <div class="routing-moves" role="group" aria-label={t('routing.step', { n })}>
        <Button
          kind="quiet"
          iconOnly
          icon={ArrowUp}
          label={t('routing.up', { n })}
          kbd="Alt+ArrowUp"
          disabled={number === 0}
          onClick={() => props.onMove(number - 1)}
          testid={`step-${number}-up`}
        />
        <Button
          kind="quiet"
          iconOnly
          icon={ArrowDown}
          label={t('routing.down', { n })}
          kbd="Alt+ArrowDown"
          disabled={n === props.of}
          onClick={() => props.onMove(number + 1)}
          testid={`step-${number}-down`}
        />
        <Button
          kind="quiet"
          iconOnly
          icon={X}
          label={t('routing.remove', { n })}
          disabled={props.of === 1}
          onClick={props.onRemove}
          testid={`step-${number}-remove`}
        />
      </div>
    </li>
  )
}
