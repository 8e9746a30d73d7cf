/** Teams by what their people know, each called by one tap. */
import { Phone, Users } from 'lucide-preact'
import { t } from '../../i18n'
import type { Group } from './find'
import type { DirectCall } from './useDirectCall'

export function Teams(props: { groups: readonly Group[]; call: DirectCall; noneFree: string }) {
  const { groups, call } = props
  if (groups.length === 0) return null
  return (
    <section aria-labelledby="find-groups">
      <h2 id="find-groups">{t('find.groups')}</h2>
      <ul class="find-groups">
        {groups.map(({ skill, free, people }) => (
          <li key={skill}>
            <button
              type="button"
              class="check-row card"
              data-testid={`call-group-${skill}`}
              aria-busy={call.calling === skill ? true : undefined}
              aria-disabled={call.off ? true : undefined}
              onClick={() => call.on(skill, { group: skill })}
            >
              <span class="reason-icon" data-quiet={free === 0 ? '' : undefined}>
                <Users class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
              </span>
              <span class="check-words">
                <span class="check-title">
                  {call.calling === skill
                    ? t('calling.busy')
                    : t('step.group', { skill: t(`skill.${skill}`) })}
                </span>
                <span class="second num">
                  {free > 0 ? t('find.free', { n: free, of: people }) : props.noneFree}
                </span>
              </span>
              <Phone class="icon find-phone" size={24} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
