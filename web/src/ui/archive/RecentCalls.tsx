/** The last few calls and sessions in one card: what, when, with whom, and whether it can be replayed. */
import { CircleCheck, GraduationCap, History, PhoneMissed, Play } from 'lucide-preact'
import type { ArchiveEntry } from '../../contract'
import { nameOf, t, whoOf } from '../../i18n'
import { span, when } from '../format'
import { useModel } from '../model'
import { errorWords } from '../parts/Toasts'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { useEntries } from './useEntries'
import { entryTitle, isPlayable, operators, stateOf, wasAnswered } from './words'

/** One call; `apart` opens its replay in a tab of its own, beside a call that goes on. */
export function Line(props: {
  entry: ArchiveEntry
  now: number
  me: string
  atStore: boolean
  apart?: boolean
}) {
  const { entry } = props
  const others = entry.people
    .filter((person) => person.id !== props.me && person.role !== 'store')
    .slice(0, 2)
  const Sign = !wasAnswered(entry) ? PhoneMissed : entry.kind === 'session' ? GraduationCap : CircleCheck
  const facts = (
    <>
      <Sign
        class="icon recent-sign"
        data-good={wasAnswered(entry) ? '' : undefined}
        size={26}
        aria-hidden="true"
      />
      <span class="recent-words">
        <span class="recent-title">
          {entry.store && !props.atStore
            ? `${nameOf(entry.store.name)} ${entry.store.number}`
            : entryTitle(entry)}
        </span>
        <span class="second dots">
          <span>{when(entry.opened_at, props.now)}</span>
          {operators(entry).map((one) => (
            <span key={one.id}>{nameOf(one.name)}</span>
          ))}
          {others.map((person) => (
            <span key={person.id}>{whoOf(person)}</span>
          ))}
          {entry.duration_s !== null && entry.duration_s > 0 && <span>{span(entry.duration_s)}</span>}
        </span>
      </span>
    </>
  )
  if (!isPlayable(entry))
    return (
      <div class="recent">
        {facts}
        <span class="caption recent-state">{stateOf(entry).words}</span>
      </div>
    )
  return (
    <a
      class="recent"
      href={`/archive/${entry.room}`}
      target={props.apart ? '_blank' : undefined}
      data-testid="recent-replay"
    >
      {facts}
      <span class="recent-play">
        <Play class="icon" size={22} aria-hidden="true" />
        <span class="sr">{t('act.replay')}</span>
      </span>
    </a>
  )
}

export function RecentCalls(props: { limit?: number; title?: string }) {
  const model = useModel()
  const { entries, problem, reload } = useEntries()
  const me = model.me.value?.person.id ?? ''
  const atStore = model.me.value?.person.role === 'store'
  return (
    <section class="recents">
      <div class="home-section-head">
        <h2>{props.title ?? t('home.recent')}</h2>
        <a class="btn" data-kind="link" href="/archive" data-testid="archive-link">
          {t('home.all')}
        </a>
      </div>
      <div class="card row-list" data-testid="recent">
        {problem && !entries ? (
          <ErrorBox title={t('archive.broken')} text={errorWords(problem)} onRetry={reload} />
        ) : !entries ? (
          <Loading rows={3} />
        ) : entries.length === 0 ? (
          <Empty
            icon={History}
            title={t(atStore ? 'home.none_yet' : 'archive.empty')}
            text={t(atStore ? 'home.none_yet_text' : 'archive.empty_text')}
          />
        ) : (
          entries
            .slice(0, props.limit ?? 4)
            .map((entry) => (
              <Line key={entry.room} entry={entry} now={model.tick.value} me={me} atStore={atStore} />
            ))
        )}
      </div>
    </section>
  )
}
