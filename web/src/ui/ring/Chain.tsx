/** What the call goes through: whom it rings now and for how long yet, who is next, and what if nobody answers. */
import type { Call, RingStep } from '../../contract'
import { nameOf, t } from '../../i18n'
import { timeOfDay } from '../format'

/** Whom a step rings, in a word or two. */
export function stepName(step: RingStep, reason: Call['reason']): string {
  if (step.who === 'person') return nameOf(step.person?.name)
  if (step.who === 'group') return t('step.group', { skill: t(`skill.${step.skills?.[0]}`) })
  if (step.who !== 'skilled') return t(`step.${step.who}`)
  if (!step.skills?.length) return t(`step.for_${reason}`)
  return t('step.skills', { skills: step.skills.map((skill) => t(`skill.${skill}`)).join(t('step.and')) })
}

export function Chain(props: { call: Call; now: number }) {
  const { call, now } = props
  const step = call.step ?? 0
  const until = call.step_until ?? call.ring_until
  const steps = call.steps ?? []
  const left = Math.max(0, Math.ceil((until - now) / 1000))
  const whole = Math.max(1, (steps[step]?.ring_ms ?? until - call.timings.tap) / 1000)
  return (
    <div class="ringing-next">
      <ol class="chain" aria-label={t('step.chain')}>
        {steps.map((one, number) => (
          <li
            key={number}
            class="chain-step"
            data-testid={`step-${number}`}
            data-when={number < step ? 'past' : number === step ? 'now' : 'later'}
            aria-current={number === step ? 'step' : undefined}
          >
            <span class="chain-number num" aria-hidden="true">
              {number + 1}
            </span>
            <span class="chain-name">{stepName(one, call.reason)}</span>
            {number === step ? (
              <>
                <progress
                  max={whole}
                  value={Math.min(whole, whole - left)}
                  aria-label={t('ringing.left', { s: left })}
                />
                <span class="chain-time num">{left > 0 ? t('step.left', { s: left }) : t('step.soon')}</span>
              </>
            ) : (
              <span class="chain-time num">
                {number < step ? t('step.still') : t('step.takes', { s: Math.round(one.ring_ms / 1000) })}
              </span>
            )}
          </li>
        ))}
      </ol>
      <p class="second" data-testid="ringing-next">
        {call.promise
          ? t('ringing.promised', {
              name: nameOf(call.promise.by.name),
              time: timeOfDay(call.promise.due_at),
            })
          : t('ringing.next')}
      </p>
    </div>
  )
}
