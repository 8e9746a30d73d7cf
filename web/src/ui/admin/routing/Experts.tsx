/** The experts: how well they know what, which languages they speak, when they work, and whether they can be rung now. */
import { Headset } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { ExpertLine, PersonId, RoutingNow, Skill } from '../../../contract'
import { nameOf, t } from '../../../i18n'
import { Chip } from '../../parts/Chip'
import { Avatar, PresenceWord } from '../../parts/Person'
import { Empty } from '../../parts/State'
import { ExpertDialog } from './ExpertDialog'
import { saysHours } from './shifts'

/** Of a skill that nobody has rated; as in contract/routing.py. */
export const USUAL_LEVEL = 2

export function Experts(props: {
  experts: readonly ExpertLine[]
  now: RoutingNow | null
  onSaved: () => void
}) {
  const [open, setOpen] = useState<PersonId | null>(null)
  const opened = props.experts.find((one) => one.person.id === open)
  return (
    <section class="routing-experts">
      <h2>{t('routing.experts')}</h2>
      {props.experts.length === 0 ? (
        <div class="card">
          <Empty icon={Headset} title={t('routing.no_expert')} text={t('routing.no_expert_text')}>
            <a class="btn" data-kind="plain" href="/admin/people">
              <span>{t('admin.people')}</span>
            </a>
          </Empty>
        </div>
      ) : (
        <div class="admin-scroll" tabIndex={0} role="region" aria-label={t('routing.experts')}>
          <table class="admin-table" data-testid="experts-table">
            <thead>
              <tr>
                {(
                  [
                    'admin.name',
                    'admin.skills',
                    'routing.languages',
                    'routing.hours',
                    'routing.now_head',
                  ] as const
                ).map((column) => (
                  <th key={column} scope="col">
                    {t(column)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {props.experts.map((line) => (
                <Row
                  key={line.person.id}
                  line={line}
                  now={props.now?.experts.find((one) => one.person === line.person.id)}
                  onOpen={() => setOpen(line.person.id)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {opened && (
        <ExpertDialog
          line={opened}
          onClose={() => setOpen(null)}
          onOvertaken={props.onSaved}
          onDone={() => {
            setOpen(null)
            props.onSaved()
          }}
        />
      )}
    </section>
  )
}

function Row(props: { line: ExpertLine; now?: RoutingNow['experts'][number]; onOpen: () => void }) {
  const { person, profile } = props.line
  const { now } = props
  return (
    <tr data-testid="expert-row">
      <td>
        <button type="button" class="admin-open" onClick={props.onOpen} data-testid={`expert-${person.id}`}>
          <Avatar person={person} />
          <span class="admin-who">
            <strong>{nameOf(person.name)}</strong>
            <span class="caption">{nameOf(person.title)}</span>
          </span>
        </button>
      </td>
      <td>
        {person.skills.length === 0 ? (
          '–'
        ) : (
          <span class="routing-skills">
            {person.skills.map((skill) => (
              <SkillLevel key={skill} skill={skill} level={profile.levels[skill] ?? USUAL_LEVEL} />
            ))}
          </span>
        )}
      </td>
      <td class="second admin-short">
        {profile.languages.length === 0
          ? t('routing.every_language')
          : profile.languages.map((one) => t(`routing.language.${one}`)).join(t('list.comma'))}
      </td>
      <td class="second num">{saysHours(profile.shifts)}</td>
      <td>
        <span class="routing-standing">
          {now && <PresenceWord presence={now.presence} />}
          {profile.on_call ? (
            <Chip tone="good">{t('routing.on_call_now')}</Chip>
          ) : (
            now && !now.at_work && <Chip>{t('routing.off_work')}</Chip>
          )}
        </span>
      </td>
    </tr>
  )
}

/** Equipment in three steps, with the word for whoever cannot see them. */
function SkillLevel(props: { skill: Skill; level: number }) {
  const word = t(`routing.levels.${props.level}`)
  return (
    <span class="routing-skill" title={word}>
      {t(`skill.${props.skill}`)}
      <span class="routing-level" role="img" aria-label={word}>
        {[1, 2, 3].map((step) => (
          <i key={step} data-on={step <= props.level ? '' : undefined} />
        ))}
      </span>
    </span>
  )
}
