/** People with what they know and how they are; with a button each for whoever may call them. */
import { Phone } from 'lucide-preact'
import type { PresenceEntry } from '../../contract'
import { nameOf, t } from '../../i18n'
import { reachable } from '../../model/quiet'
import { Button } from '../parts/Button'
import { Avatar, PresenceWord } from '../parts/Person'
import { skillsOf } from '../ring/Ringing'
import type { DirectCall } from './useDirectCall'

export function PeopleList(props: {
  people: readonly PresenceEntry[]
  /** Absent: nobody is called from here. */
  call?: DirectCall
  /** The department stands above them. */
  grouped?: boolean
}) {
  const { people, call } = props
  return (
    <ul class="card row-list" data-testid="people">
      {people.map(({ person, presence }) => (
        <li
          class="find-line"
          key={person.id}
          data-testid={`person-${person.id}`}
          data-presence={presence}
          data-calls={call ? '' : undefined}
        >
          <Avatar person={person} />
          <span class="expert-words">
            <strong>{nameOf(person.name)}</strong>
            <span class="caption dots">
              {[nameOf(person.title), !props.grouped && nameOf(person.department), skillsOf(person)]
                .filter(Boolean)
                .map((words) => (
                  <span key={words}>{words}</span>
                ))}
            </span>
          </span>
          <PresenceWord presence={presence} />
          {call && (
            <Button
              kind="soft"
              icon={Phone}
              testid={`call-${person.id}`}
              disabled={call.off || !reachable(presence)}
              busy={call.calling === person.id && t('calling.busy')}
              label={t('find.call_person', { name: nameOf(person.name) })}
              onClick={() => call.on(person.id, { person: person.id })}
            >
              {t('calling.call')}
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
