/** Headquarters calls a store or a colleague: who rings, how long yet, and one's own picture that nobody sees yet. */
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { clock } from '../format'
import { useModel } from '../model'
import { Avatar } from '../parts/Person'
import { useTheme } from '../parts/hooks'
import { Cancel } from './Cancel'
import { OwnSide } from './OwnSide'

export function Calling(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const call = room.call!
  const now = model.tick.value
  const left = Math.max(0, Math.ceil((call.ring_until - now) / 1000))
  const whole = Math.max(1, (call.ring_until - call.timings.tap) / 1000)
  const rung = room.members.filter((one) => one.state === 'ringing' || one.state === 'declined')
  const { store } = call
  const [first] = call.steps ?? []
  return (
    <main class="ringing" data-testid="calling">
      <section class="ringing-who">
        <header>
          <p class="second">
            {!store
              ? t('calling.colleague')
              : call.reason === 'any'
                ? t('calling.back')
                : t(`reason.${call.reason}`)}
          </p>
          <h1>
            {t('calling.title', {
              store:
                nameOf(store?.name ?? first?.person?.name) ||
                t('step.group', {
                  skill: (first?.skills ?? []).map((skill) => t(`skill.${skill}`)).join(t('list.comma')),
                }),
            })}{' '}
            <time class="ringing-time" data-testid="waiting-time">
              {clock((now - call.timings.tap) / 1000)}
            </time>
          </h1>
        </header>
        <ul class="ringing-list" aria-live="polite">
          {rung.map(({ person, state }) => (
            <li class="ringing-row" data-state={state} key={person.id} data-testid={`rung-${person.id}`}>
              <span class="ringing-face">
                <Avatar person={person} size="l" />
              </span>
              <span class="ringing-words">
                <strong>{nameOf(person.name)}</strong>
                <span class="second">
                  {store ? t('calling.tablet', { number: store.number }) : nameOf(person.title)}
                </span>
              </span>
              <span class="ringing-state">{t(`ringing.state_${state}`)}</span>
            </li>
          ))}
        </ul>
        <div class="ringing-next">
          <progress max={whole} value={Math.min(whole, whole - left)} aria-hidden="true" />
          <p class="second num">{t('ringing.left', { s: left })}</p>
        </div>
        <Cancel room={room.id} />
      </section>
      <OwnSide note={t(store ? 'calling.unseen' : 'calling.unseen_colleague')} />
    </main>
  )
}
