/** The archive: what was recorded, found by kind, region and words; for a new hire, what to watch and how far one is. */
import {
  Archive as ArchiveIcon,
  ChartLine,
  CircleCheck,
  GraduationCap,
  Phone,
  Search,
  TriangleAlert,
  Users,
  Wrench,
} from 'lucide-preact'
import { useLocation } from 'preact-iso'
import { useMemo, useState } from 'preact/hooks'
import type { ArchiveEntry, RoomKind } from '../../contract'
import { nameOf, t, whoOf } from '../../i18n'
import { SharedPage } from '../desk/TabletPage'
import { clock, when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { regionName } from '../session/Sessions'
import { useEntries } from './useEntries'
import { entryTitle, isPlayable, operators, oversees, stateOf, wasAnswered } from './words'

/** Every word a reader may type for an entry, in both languages. */
export function haystack(entry: ArchiveEntry): string {
  const names = [
    entry.title,
    entry.store?.name,
    entry.equipment?.name,
    ...entry.people.flatMap((person) => [person.name, person.store?.name]),
  ]
  return [
    entryTitle(entry),
    entry.store?.number,
    entry.equipment && [entry.equipment.make, entry.equipment.model, entry.equipment.serial].join(' '),
    ...names.flatMap((name) => (name ? [name.zh, name.en] : [])),
  ]
    .join(' ')
    .toLowerCase()
}

export function regionsOf(entry: ArchiveEntry): string[] {
  const stores = [entry.store, ...entry.people.map((person) => person.store)]
  return [...new Set(stores.flatMap((store) => (store ? [store.region] : [])))]
}

function Entry(props: { entry: ArchiveEntry; now: number; showProgress: boolean; oversees: boolean }) {
  const { entry } = props
  const state = stateOf(entry)
  const playable = isPlayable(entry)
  const Sign = entry.kind === 'session' ? GraduationCap : Phone
  const part = entry.duration_s && entry.progress_s ? Math.min(1, entry.progress_s / entry.duration_s) : 0
  const people = entry.people.filter((person) => person.role !== 'store')
  const stores = entry.people.filter((person) => person.role === 'store')
  const body = (
    <>
      <span class="entry-picture" data-kind={entry.kind} aria-hidden="true">
        <Sign class="icon" size={28} strokeWidth={1.9} />
        {entry.duration_s !== null && entry.duration_s > 0 && (
          <span class="entry-length num">{clock(entry.duration_s)}</span>
        )}
        {part > 0 && <progress class="entry-progress" max={1} value={entry.done ? 1 : part} />}
      </span>
      <span class="entry-words">
        <span class="entry-title">{entryTitle(entry)}</span>
        <span class="second dots">
          {entry.store && (
            <span>
              {nameOf(entry.store.name)} {entry.store.number}
            </span>
          )}
          {!entry.store && stores.length > 0 && <span>{t('session.stores', { count: stores.length })}</span>}
          {operators(entry).map((one) => (
            <span key={one.id}>{nameOf(one.name)}</span>
          ))}
          {people.slice(0, 3).map((person) => (
            <span key={person.id}>{whoOf(person)}</span>
          ))}
        </span>
        {props.showProgress && (
          <span class="caption">
            {entry.done
              ? t('archive.watched')
              : part > 0
                ? t('archive.watched_part', { percent: Math.round(part * 100) })
                : t('archive.not_watched')}
          </span>
        )}
      </span>
      <span class="entry-facts">
        <time class="second num">{when(entry.opened_at, props.now)}</time>
        <span class="entry-chips">
          {entry.published.length > 0 && !props.showProgress && (
            <Chip tone="info" icon={Users}>
              {t('archive.published')}
            </Chip>
          )}
          {props.showProgress && entry.done ? (
            <Chip tone="good" icon={CircleCheck}>
              {t('archive.done')}
            </Chip>
          ) : (
            !(props.showProgress && playable) &&
            !entry.damaged && <Chip tone={state.tone}>{state.words}</Chip>
          )}
          {entry.damaged && (
            <Chip tone="bad" icon={TriangleAlert}>
              {t('recording.damaged')}
            </Chip>
          )}
        </span>
      </span>
    </>
  )
  return (
    <li class="entry-row">
      {playable ? (
        <a class="entry" href={`/archive/${entry.room}`} data-testid="archive-entry" data-room={entry.room}>
          {body}
        </a>
      ) : (
        <div class="entry" data-testid="archive-entry" data-room={entry.room} data-state={entry.recording}>
          {body}
        </div>
      )}
      {props.oversees && wasAnswered(entry) && (
        <a
          class="btn entry-quality"
          data-kind="quiet"
          href={`/archive/${entry.room}/quality`}
          aria-label={t('figures.open_of', {
            title: entryTitle(entry),
            time: when(entry.opened_at, props.now),
          })}
          data-testid="open-quality"
        >
          <ChartLine class="icon" size={18} aria-hidden="true" />
          <span>{t('figures.open')}</span>
        </a>
      )}
    </li>
  )
}

function Facet(props: {
  label: string
  /** Null: nothing is known of it. */
  count: number | null
  on: boolean
  onChange: (on: boolean) => void
  testid?: string
}) {
  return (
    <label class="check facet">
      <input
        type="checkbox"
        checked={props.on}
        data-testid={props.testid}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span class="facet-word">{props.label}</span>
      <span class="caption num">{props.count ?? ''}</span>
    </label>
  )
}

const KINDS: RoomKind[] = ['call', 'session']
const toggled = <T,>(had: ReadonlySet<T>, value: T, on: boolean): ReadonlySet<T> => {
  const next = new Set(had)
  if (on) next.add(value)
  else next.delete(value)
  return next
}

function ArchiveList() {
  const model = useModel()
  const { query } = useLocation()
  const { entries, problem, next, reload, more } = useEntries(query.equipment)
  const [words, setWords] = useState('')
  const [kinds, setKinds] = useState<ReadonlySet<RoomKind>>(new Set())
  const [regions, setRegions] = useState<ReadonlySet<string>>(new Set())
  const learner = model.me.value?.person.role === 'learner'
  const overseer = oversees(model.me.value)
  const now = model.tick.value

  const found = useMemo(() => {
    const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean)
    return (entries ?? []).filter((entry) => {
      const text = haystack(entry)
      return wanted.every((word) => text.includes(word))
    })
  }, [entries, words])
  const shown = found.filter(
    (entry) =>
      (kinds.size === 0 || kinds.has(entry.kind)) &&
      (regions.size === 0 || regionsOf(entry).some((region) => regions.has(region))),
  )
  const known = [...new Set((entries ?? []).flatMap(regionsOf))].sort()

  return (
    <main class="archive">
      <header class="page-head">
        <h1>{t(learner ? 'archive.title_learner' : 'archive.title')}</h1>
        <p class="second">{t(learner ? 'archive.lead_learner' : 'archive.lead')}</p>
      </header>
      <div class="search">
        <Search class="icon" size={20} aria-hidden="true" />
        <input
          class="input"
          data-size="l"
          type="search"
          value={words}
          placeholder={t('archive.search_example')}
          aria-label={t('archive.search')}
          data-testid="archive-search"
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </div>
      {query.equipment && (
        <p class="archive-machine">
          <Chip tone="info" icon={Wrench} testid="archive-machine">
            {t('equipment.only', { name: nameOf(entries?.[0]?.equipment?.name) })}
          </Chip>
          <a class="btn" data-kind="link" href="/archive">
            {t('archive.clear')}
          </a>
        </p>
      )}
      <div class="archive-cols">
        <aside class="facets" aria-label={t('archive.facets')}>
          <h2 class="facet-head">{t('archive.kind')}</h2>
          {KINDS.map((kind) => (
            <Facet
              key={kind}
              label={t(`kind.${kind}`)}
              count={entries && found.filter((entry) => entry.kind === kind).length}
              on={kinds.has(kind)}
              testid={`facet-${kind}`}
              onChange={(on) => setKinds(toggled(kinds, kind, on))}
            />
          ))}
          {known.length > 1 && (
            <>
              <h2 class="facet-head">{t('archive.region')}</h2>
              {known.map((region) => (
                <Facet
                  key={region}
                  label={regionName(region)}
                  count={found.filter((entry) => regionsOf(entry).includes(region)).length}
                  on={regions.has(region)}
                  testid={`facet-${region}`}
                  onChange={(on) => setRegions(toggled(regions, region, on))}
                />
              ))}
            </>
          )}
        </aside>
        <section class="archive-list" aria-live="polite">
          {problem && !entries ? (
            <div class="card">
              <ErrorBox title={t('archive.broken')} text={errorWords(problem)} onRetry={reload} />
            </div>
          ) : !entries ? (
            <Loading rows={4} />
          ) : entries.length === 0 ? (
            <div class="card">
              <Empty
                icon={ArchiveIcon}
                title={t(learner ? 'archive.empty_learner' : 'archive.empty')}
                text={t(learner ? 'archive.empty_learner_text' : 'archive.empty_text')}
              />
            </div>
          ) : shown.length === 0 ? (
            <div class="card">
              <Empty icon={Search} title={t('archive.none_found')} text={t('archive.none_found_text')}>
                <Button
                  onClick={() => {
                    setWords('')
                    setKinds(new Set())
                    setRegions(new Set())
                  }}
                >
                  {t('archive.clear')}
                </Button>
              </Empty>
            </div>
          ) : (
            <>
              <p class="archive-count">
                <strong>{t('archive.count', { count: shown.length })}</strong>
              </p>
              <ul class="entries">
                {shown.map((entry) => (
                  <Entry
                    key={entry.room}
                    entry={entry}
                    now={now}
                    showProgress={learner}
                    oversees={overseer}
                  />
                ))}
              </ul>
              {next && (
                <Button onClick={more} testid="archive-more">
                  {t('archive.more')}
                </Button>
              )}
            </>
          )}
        </section>
      </div>
    </main>
  )
}

export function Archive() {
  return (
    <SharedPage>
      <ArchiveList />
    </SharedPage>
  )
}
