/** "Is anybody coming?": who is rung, who is busy, how long yet, and one's own picture that nobody sees yet. */
import { EyeOff, Mic, MicOff, PhoneOff, RotateCcw, SwitchCamera, VideoOff } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { Person, RoomState } from '../../contract'
import { known, nameOf, t } from '../../i18n'
import { act } from '../act'
import { clock } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Meter } from '../parts/Meter'
import { Avatar } from '../parts/Person'
import { Tool } from '../parts/Tool'
import { Video } from '../parts/Video'
import { useTheme } from '../parts/hooks'
import { Chain } from './Chain'

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

export function Ringing(props: { room: RoomState }) {
  useTheme('dark')
  const model = useModel()
  const { room } = props
  const call = room.call!
  const [cancelling, setCancelling] = useState(false)
  useEffect(() => model.watchLevel(), [model])

  const now = model.tick.value
  const busy = model.experts.value.filter((entry) => entry.presence === 'busy').map((entry) => entry.person)
  const capture = model.capture.value
  const muted = model.muted.value

  return (
    <main class="ringing">
      <section class="ringing-who">
        <header>
          <p class="second">{t(`reason.${call.reason}`)}</p>
          <h1>
            {t(`ringing.${call.reason}`)}{' '}
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
        <Button
          kind="danger"
          size="main"
          wide
          icon={PhoneOff}
          testid="cancel"
          busy={cancelling && t('ringing.cancelling')}
          onClick={() => {
            setCancelling(true)
            void act(model.cancelCall(room.id)).finally(() => setCancelling(false))
          }}
        >
          {t('ringing.cancel')}
        </Button>
      </section>

      <section class="ringing-own" aria-label={t('call.own')}>
        <div class="ringing-picture">
          {capture.cameraProblem ? (
            <div class="no-picture">
              <VideoOff class="icon" size={36} strokeWidth={1.9} aria-hidden="true" />
              <p>{t(`error.${capture.cameraProblem}_camera`)}</p>
              <Button icon={RotateCcw} onClick={() => void model.openDevices()}>
                {t('act.retry')}
              </Button>
            </div>
          ) : (
            <Video
              person={null}
              self={model.me.value?.person.id}
              label={t('call.own')}
              mirrored={model.facing.value === 'user'}
              testid="own-video"
            />
          )}
          <p class="plate plate-low">
            <EyeOff class="icon" size={22} aria-hidden="true" />
            {t('ringing.unseen')}
          </p>
        </div>
        <div class="ringing-tools">
          <Tool
            icon={SwitchCamera}
            word={t('tool.switch')}
            testid="switch-camera"
            face={model.cameras.value.length > 1 ? 'usual' : 'absent'}
            onClick={() => void act(model.switchCamera())}
          />
          <Tool
            icon={muted ? MicOff : Mic}
            word={muted ? t('tool.muted') : t('tool.mute')}
            face={muted ? 'shut' : 'usual'}
            pressed={muted}
            testid="mute"
            onClick={() => void act(model.setMuted(!muted))}
          />
        </div>
        <div class="ringing-level">
          <Mic class="icon" size={24} aria-hidden="true" />
          <Meter level={muted ? 0 : model.level.value} bars={30} />
          <p>
            {capture.microphoneProblem
              ? t(`error.${capture.microphoneProblem}_microphone`)
              : muted
                ? t('ringing.is_muted')
                : t(model.level.value > 0.04 ? 'ringing.heard' : 'ringing.quiet')}
          </p>
        </div>
      </section>
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
