/** How well the media of one call went: the verdict in words, then the lines of one person over the call's time. */
import { useSignal } from '@preact/signals'
import { ArrowLeft, ChartLine, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { CallQuality, Person, PersonQuality, QualityMark } from '../../contract'
import { nameOf, t, whoOf } from '../../i18n'
import { Refusal } from '../../model/api'
import { findings, type Finding } from '../../model/callverdict'
import { entryTitle } from '../archive/words'
import { Desk } from '../desk/Desk'
import { hms, timeOfDay, when } from '../format'
import { useModel } from '../model'
import { Avatar } from '../parts/Person'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { CallRings } from './CallRings'
import { Plot, said, type PlotLine } from './Plot'

/** Store names before numbers, people before roles. */
const callName = (person: Person): string => whoOf(person)

/** 14:02 to 14:05, with seconds where minutes would say nothing. */
function spanOf({ fromMs, toMs }: Finding): string {
  const say = toMs - fromMs < 120_000 ? hms : timeOfDay
  return t('figures.span', { from: say(fromMs), to: say(toMs) })
}

export function sentence(finding: Finding): string {
  return t(finding.words, {
    name: callName(finding.person),
    span: spanOf(finding),
    percent: Math.round(finding.mean * 100),
    count: Math.round(finding.mean),
  })
}

function Verdict(props: { quality: CallQuality }) {
  const found = useMemo(() => findings(props.quality), [props.quality])
  return (
    <section class="card figures-verdict" data-state={found.length ? 'weak' : 'good'} data-testid="verdict">
      {found.length ? (
        <TriangleAlert class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
      ) : (
        <CircleCheck class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
      )}
      <div>
        <h2 class="sr">{t('figures.verdict')}</h2>
        {found.length ? (
          <ul>
            {found.map((one) => (
              <li key={`${one.words}${one.person.id}${one.fromMs}`}>{sentence(one)}</li>
            ))}
          </ul>
        ) : (
          <>
            <strong>{t('figures.fine')}</strong>
            <p class="second">{t('figures.fine_text')}</p>
          </>
        )}
      </div>
    </section>
  )
}

const MARK_WORDS: Record<QualityMark['kind'], string> = {
  joined: 'figures.joined',
  left: 'figures.left',
  away: 'figures.away',
  back: 'figures.back_again',
}

const scaled = (values: readonly (number | null)[], by: number): (number | null)[] =>
  values.map((value) => (value === null ? null : value * by))

interface Panel {
  key: string
  least: number
  lines: PlotLine[]
}

function panelsOf(one: PersonQuality): Panel[] {
  const line = (
    word: string,
    tone: PlotLine['tone'],
    values: readonly (number | null)[],
    by = 1,
  ): PlotLine => ({
    word: t(`figures.${word}`),
    tone,
    values: scaled(values, by),
  })
  const panels: Panel[] = [
    {
      key: 'bitrate',
      least: 100,
      lines: [
        line('up', 'first', one.up_bps, 1 / 1000),
        line('down', 'second', one.down_bps, 1 / 1000),
        line('estimate', 'third', one.estimate_bps, 1 / 1000),
      ],
    },
    {
      key: 'loss',
      least: 5,
      lines: [line('up', 'first', one.up_loss, 100), line('down', 'second', one.down_loss, 100)],
    },
    {
      key: 'rtt',
      least: 100,
      lines: [line('round_trip', 'first', one.rtt_ms), line('jitter', 'second', one.jitter_ms)],
    },
    {
      key: 'pictures',
      least: 15,
      lines: [line('sent', 'first', one.sent_fps), line('seen', 'second', one.seen_fps)],
    },
    {
      key: 'size',
      least: 100,
      lines: [line('smallest', 'first', one.seen_size, 100)],
    },
    {
      key: 'sound',
      least: 5,
      lines: [line('concealed', 'first', one.concealed, 100), line('frozen', 'second', one.frozen, 100)],
    },
  ]
  // In a call between two there is only one size.
  return one.seen_size.some((size) => size !== null) ? panels : panels.filter(({ key }) => key !== 'size')
}

function PersonFigures(props: { one: PersonQuality; marks: readonly QualityMark[] }) {
  const { one } = props
  const panels = useMemo(() => panelsOf(one), [one])
  const marks = useMemo(() => props.marks.map(({ at }) => at), [props.marks])
  const moment = useSignal(one.at.length - 1)
  const index = Math.min(moment.value, one.at.length - 1)
  const words = panels.flatMap(({ key, lines }) =>
    lines.map((line) => `${line.word} ${said(line, index, t(`figures.${key}_unit`))}`),
  )
  return (
    <>
      <label class="moment">
        <span class="second">{t('figures.moment')}</span>
        <input
          type="range"
          min={0}
          max={one.at.length - 1}
          value={index}
          aria-valuetext={`${hms(one.at[index]!)} ${words.join(t('list.comma'))}`}
          data-testid="moment"
          onInput={(event) => {
            moment.value = Number(event.currentTarget.value)
          }}
        />
        <strong class="num" data-testid="moment-time">
          {hms(one.at[index]!)}
        </strong>
      </label>
      <div class="plots" data-testid="plots">
        {panels.map(({ key, least, lines }) => (
          <Plot
            key={key}
            title={t(`figures.${key}`)}
            unit={t(`figures.${key}_unit`)}
            at={one.at}
            lines={lines}
            marks={marks}
            moment={moment}
            least={least}
          />
        ))}
      </div>
      <p class="second">{t('figures.repairs', { nacks: one.nacks, plis: one.plis, repeats: one.repeats })}</p>
    </>
  )
}

function Figures(props: { quality: CallQuality }) {
  const model = useModel()
  const { quality } = props
  const { entry, people, marks } = quality
  const [chosen, setChosen] = useState(people[0]?.person.id)
  const one = people.find(({ person }) => person.id === chosen)
  const named = new Map(entry.people.map((person) => [person.id, callName(person)]))
  return (
    <main class="figures" data-testid="quality">
      <nav aria-label={t('nav.label')}>
        <a class="btn" data-kind="quiet" href="/archive" data-testid="back">
          <ArrowLeft class="icon" size={18} aria-hidden="true" />
          <span>{t('figures.back')}</span>
        </a>
      </nav>
      <header class="page-head">
        <h1>{t('figures.title')}</h1>
        <p class="second dots">
          <span>{entryTitle(entry)}</span>
          {entry.store && (
            <span>
              {nameOf(entry.store.name)} {entry.store.number}
            </span>
          )}
          <span>{when(entry.opened_at, model.now())}</span>
        </p>
      </header>
      <CallRings quality={quality} />
      {!one ? (
        <div class="card">
          <Empty icon={ChartLine} title={t('figures.none')} text={t('figures.none_text')} />
        </div>
      ) : (
        <>
          <Verdict quality={quality} />
          <div class="figures-people" role="group" aria-label={t('figures.people')}>
            {people.map(({ person }) => (
              <button
                type="button"
                key={person.id}
                class="btn"
                data-kind={person.id === chosen ? 'soft' : 'quiet'}
                aria-pressed={person.id === chosen}
                data-testid={`figures-${person.id}`}
                onClick={() => setChosen(person.id)}
              >
                <Avatar person={person} />
                <span>{callName(person)}</span>
              </button>
            ))}
          </div>
          {quality.left_out > 0 && <p class="second">{t('figures.left_out', { count: quality.left_out })}</p>}
          <PersonFigures key={one.person.id} one={one} marks={marks} />
          <section>
            <h2 class="summary-sub">{t('figures.marks')}</h2>
            {marks.length === 0 ? (
              <p class="second">{t('figures.no_marks')}</p>
            ) : (
              <ol class="figures-marks" data-testid="marks">
                {marks.map((mark) => (
                  <li key={`${mark.at}${mark.person}${mark.kind}`} data-kind={mark.kind}>
                    <time class="second num">{hms(mark.at)}</time>
                    <span>{t(MARK_WORDS[mark.kind], { name: named.get(mark.person) ?? mark.person })}</span>
                  </li>
                ))}
              </ol>
            )}
          </section>
        </>
      )}
    </main>
  )
}

export function QualityPage(props: { room?: string }) {
  const model = useModel()
  const room = props.room ?? ''
  const [quality, setQuality] = useState<CallQuality | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [tries, setTries] = useState(0)
  useEffect(() => {
    let gone = false
    setProblem(null)
    model.archive.quality(room).then(
      (found) => {
        if (!gone) setQuality(found)
      },
      (reason: unknown) => {
        if (!gone) setProblem(reason instanceof Refusal ? reason.code : 'internal')
      },
    )
    return () => {
      gone = true
      setQuality(null)
    }
  }, [model, room, tries])

  const foreign = problem === 'not_found' || problem === 'forbidden'
  return (
    <Desk>
      {quality ? (
        <Figures quality={quality} />
      ) : (
        <main class="figures">
          {foreign ? (
            <div class="card" data-testid="not-found">
              <Empty icon={CircleAlert} title={t('figures.not_found')} text={t('figures.not_found_text')}>
                <a class="btn" data-kind="main" href="/archive">
                  <ArrowLeft class="icon" size={18} aria-hidden="true" />
                  <span>{t('figures.back')}</span>
                </a>
              </Empty>
            </div>
          ) : problem ? (
            <div class="card">
              <ErrorBox
                title={t('figures.broken')}
                text={errorWords(problem)}
                onRetry={() => setTries(tries + 1)}
              />
            </div>
          ) : (
            <Loading rows={4} />
          )}
        </main>
      )}
    </Desk>
  )
}
