/** "Is anybody coming?": who is rung, who is busy, how long yet, and one's own picture that nobody sees yet. */
import type { Call, Person, RoomState } from '../../contract'
import { known, nameOf, t } from '../../i18n'
import { clock } from '../format'
import { useModel } from '../model'
import { Avatar } from '../parts/Person'
import { useTheme } from '../parts/hooks'
import { Cancel } from './Cancel'
import { Chain, stepName } from './Chain'
import { OwnSide } from './OwnSide'

type Row = { person: Person; state: 'ringing' | 'declined' | 'busy' }

function rows(room: RoomState, busy: Person[]): Row[] {
  const rung: Row[] = []
  for (const member of room.members) {
    if (member.state === 'ringing') rung.push({ person: member.person, state: 'ringing' })
    if (member.state === 'declined') rung.push({ person: member.person, state: 'declined' })
  }
  const there = new Set(room.members.map((member) => member.person.id))
  return [
    ...rung,
    ...busy.filter((person) => !there.has(person.id)).map((person) => ({ person, state: 'busy' as const })),
  ]
}

/** Who was called by name is said until others ring too. */
function title(call: Call): string {
  const first = call.steps?.[0]
  return first && (first.who === 'person' || first.who === 'group') && (call.step ?? 0) === 0
    ? t('ringing.to', { who: stepName(first, call.reason) })
    : t(`ringing.${call.reason}`)
}

export function Ringing(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const call = room.call!
  const now = model.tick.value
  const busy = model.experts.value.filter((entry) => entry.presence === 'busy').map((entry) => entry.person)

  return (
    <main class="ringing">
      <section class="ringing-who">
        <header>
          <p class="second dots">
            <span>{t(`reason.${call.reason}`)}</span>
            {call.equipment && <span>{nameOf(call.equipment.name)}</span>}
          </p>
          <h1>
            {title(call)}{' '}
            <time class="ringing-time" data-testid="waiting-time">
              {clock((now - call.timings.tap) / 1000)}
            </time>
          </h1>
        </header>
        <ul class="ringing-list" aria-live="polite">
          {rows(room, busy)
            .slice(0, 3)
            .map(({ person, state }) => (
              <li class="ringing-row" data-state={state} key={person.id} data-testid={`rung-${person.id}`}>
                <span class="ringing-face">
                  <Avatar person={person} size="l" />
                </span>
                <span class="ringing-words">
                  <strong>{nameOf(person.name)}</strong>
                  <span class="second">{nameOf(person.title) || skillsOf(person)}</span>
                </span>
                <span class="ringing-state">{t(`ringing.state_${state}`)}</span>
              </li>
            ))}
        </ul>
        <Chain call={call} now={now} />
        <Cancel room={room.id} />
      </section>

      <OwnSide />
    </main>
  )
}

/** Equipment, dishes: the second line of somebody without a title. */
export function skillsOf(person: Person): string {
  return person.skills
    .filter((skill) => known(`skill.${skill}`))
    .map((skill) => t(`skill.${skill}`))
    .join(t('list.comma'))
}
