/** The replay's page: pictures, transport, timeline, and the panel that runs along. */
import {
  ArrowLeft,
  ChartLine,
  CircleCheck,
  Pause,
  Play,
  RotateCcw,
  RotateCw,
  Share2,
  ShieldCheck,
  TriangleAlert,
} from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Person, Replay } from '../../contract'
import { nameOf, t } from '../../i18n'
import type { Player } from '../../model/api'
import { entryTitle, oversees } from '../archive/words'
import { brief, clock, span, when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { useKeys } from '../parts/hooks'
import { stages } from '../summary/stages'
import { Picture } from './Picture'
import { PublishDialog } from './PublishDialog'
import { RunningPanel } from './RunningPanel'
import { Timeline } from './Timeline'
import { RATES, nextChapter, stepRate } from './marks'

export function ReplayView(props: { replay: Replay; player: Player }) {
  const model = useModel()
  const { replay, player } = props
  const { entry } = replay
  const [roles, setRoles] = useState(entry.published)
  const [publishing, setPublishing] = useState(false)
  const [large, setLarge] = useState<string | null>(null)
  const playing = player.playing.value
  const rate = player.rate.value
  const ended = player.t.value >= player.durationS - 0.2

  const person = (id: string): Person | undefined => entry.people.find((one) => one.id === id)
  const seek = (by: number): void => player.seek(player.t.peek() + by)
  useKeys({
    ' ': () => player.toggle(),
    ArrowLeft: () => seek(-5),
    ArrowRight: () => seek(5),
    n: () => {
      const next = nextChapter(replay.chapters, player.t.peek())
      if (next) player.seek(next.t_s)
    },
    ',': () => player.setRate(stepRate(player.rate.peek(), -1)),
    '.': () => player.setRate(stepRate(player.rate.peek(), 1)),
  })

  const filmed = player.people.filter((id) => player.partsOf(id).some((part) => part.has_video))
  const heard = player.people.filter((id) => !filmed.includes(id))
  const first =
    large ??
    filmed.find((id) => person(id)?.role === (entry.kind === 'call' ? 'store' : 'trainer')) ??
    filmed[0] ??
    null
  const rest = filmed.filter((id) => id !== first)
  const label = (id: string): string => {
    const one = person(id)
    if (!one) return id
    return nameOf(one.store?.name ?? one.name)
  }
  const others = entry.people
    .filter((one) => one.role !== 'store')
    .map((one) => nameOf(one.name))
    .join(t('list.comma'))
  const steps = replay.timings ? stages(replay.timings) : []
  const frame = steps.find((step) => step.key === 'first_frame')
  const answer = steps.find((step) => step.key === 'answer')

  return (
    <div class="replay" data-testid="replay">
      <header class="replay-bar">
        <a
          class="btn btn-icon"
          data-kind="quiet"
          href="/archive"
          aria-label={t('replay.back')}
          data-testid="back"
        >
          <ArrowLeft class="icon" size={22} aria-hidden="true" />
        </a>
        <div class="replay-head">
          <h1>{entryTitle(entry)}</h1>
          <p class="second dots">
            {entry.store && (
              <span>
                {nameOf(entry.store.name)} {entry.store.number}
              </span>
            )}
            {others && <span>{others}</span>}
            <span>{when(entry.opened_at, model.now())}</span>
          </p>
        </div>
        {entry.damaged ? (
          <span title={t('recording.damaged_text')} data-testid="damaged">
            <Chip tone="bad" icon={TriangleAlert}>
              {t('recording.damaged')}
            </Chip>
          </span>
        ) : (
          <Chip
            tone={entry.recording === 'recovered' ? 'warn' : 'good'}
            icon={entry.recording === 'recovered' ? TriangleAlert : ShieldCheck}
          >
            {t(`recording.${entry.recording}`)}
          </Chip>
        )}
        {entry.done && (
          <Chip tone="good" icon={CircleCheck}>
            {t('archive.done')}
          </Chip>
        )}
        {oversees(model.me.value) && (
          <a class="btn" data-kind="quiet" href={`/archive/${entry.room}/quality`} data-testid="open-quality">
            <ChartLine class="icon" size={18} aria-hidden="true" />
            <span>{t('figures.open')}</span>
          </a>
        )}
        {replay.may_publish && (
          <Button icon={Share2} testid="publish" onClick={() => setPublishing(true)}>
            {roles.length > 0 ? t('publish.published', { count: roles.length }) : t('publish.go')}
          </Button>
        )}
      </header>

      <main class="replay-main">
        <div class="pictures" data-count={filmed.length}>
          {first !== null && (
            <Picture
              key={first}
              player={player}
              person={first}
              name={label(first)}
              self={person(first)}
              main
            />
          )}
          {rest.length > 0 && (
            <div class="pictures-side">
              {rest.map((id) => (
                <Picture
                  key={id}
                  player={player}
                  person={id}
                  name={label(id)}
                  self={person(id)}
                  onPick={() => setLarge(id)}
                />
              ))}
              {(frame || answer) && (
                <div class="facts card">
                  <h2>{t('replay.facts')}</h2>
                  <p>{answer && t('replay.answered', { time: brief(answer.ms) })}</p>
                  <p>{frame && t('replay.first_picture', { time: brief(frame.ms) })}</p>
                  <p class="second">{t('replay.length', { time: span(player.durationS) })}</p>
                </div>
              )}
            </div>
          )}
          {filmed.length === 0 && <p class="no-picture">{t('replay.no_picture')}</p>}
        </div>
        {heard.map((id) => (
          <Picture key={id} player={player} person={id} name={label(id)} self={person(id)} hidden />
        ))}

        <div class="transport">
          <Button
            kind="quiet"
            iconOnly
            icon={RotateCcw}
            label={t('replay.back_5')}
            onClick={() => seek(-5)}
            testid="replay-back"
          />
          <button
            type="button"
            class="play"
            data-testid="replay-play"
            aria-label={t(playing ? 'replay.pause' : 'replay.play')}
            aria-keyshortcuts="Space"
            onClick={() => {
              if (ended && !playing) player.seek(0)
              player.toggle()
            }}
          >
            {playing ? (
              <Pause class="icon" size={26} aria-hidden="true" />
            ) : (
              <Play class="icon" size={26} aria-hidden="true" />
            )}
          </button>
          <Button
            kind="quiet"
            iconOnly
            icon={RotateCw}
            label={t('replay.on_5')}
            onClick={() => seek(5)}
            testid="replay-on"
          />
          <p class="transport-time num" data-testid="replay-time" data-t={player.t.value.toFixed(2)}>
            <strong>{clock(player.t.value)}</strong> <span class="second">/ {clock(player.durationS)}</span>
          </p>
          <label class="rate">
            <span class="sr">{t('replay.speed')}</span>
            <select
              class="input"
              data-testid="replay-speed"
              value={String(rate)}
              onChange={(event) => player.setRate(Number(event.currentTarget.value))}
            >
              {RATES.map((one) => (
                <option key={one} value={String(one)}>
                  {one}×
                </option>
              ))}
            </select>
          </label>
          {player.waiting.value && (
            <p class="second" role="status">
              {t('replay.waiting')}
            </p>
          )}
          {player.soundBlocked.value && (
            <Button kind="main" onClick={() => void player.play()} testid="sound-on">
              {t('console.sound_on')}
            </Button>
          )}
          <p class="keys" aria-hidden="true">
            <span class="kbd">{t('replay.key_space')}</span> {t('replay.play')}
            <span class="kbd">← →</span> {t('replay.key_5')}
            <span class="kbd">N</span> {t('replay.key_next')}
            <span class="kbd">, .</span> {t('replay.speed')}
          </p>
        </div>

        <Timeline replay={replay} player={player} label={label} />
      </main>

      <RunningPanel replay={replay} player={player} label={label} />

      {publishing && (
        <PublishDialog
          room={entry.room}
          roles={roles}
          onClose={() => setPublishing(false)}
          onDone={(next) => {
            setRoles(next)
            setPublishing(false)
          }}
        />
      )}
    </div>
  )
}
