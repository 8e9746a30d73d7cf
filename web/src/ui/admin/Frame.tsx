/** The frame of the pages of administration: their names above, what one of them shows below. */
import type { LucideIcon } from 'lucide-preact'
import { Search } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { t } from '../../i18n'
import { Desk } from '../desk/Desk'
import { tabsOf } from '../desk/places'
import { useModel } from '../model'
import { Badge } from '../parts/Chip'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import type { Loaded } from './useLoaded'

/** How many stores will fail tomorrow, beside the tab that says which. */
function Failing() {
  const count = useModel().failingStores.value ?? 0
  return <Badge count={count} label={t('health.badge', { count })} />
}

export function Frame(props: { acts?: ComponentChildren; children: ComponentChildren }) {
  const me = useModel().me.value
  const { path } = useLocation()
  const tabs = tabsOf(me)
  const here = tabs.find((tab) => tab.path === path)
  return (
    <Desk>
      <main class="admin">
        <header class="page-head">
          <h1>{here ? t(here.word) : t('nav.admin')}</h1>
          <div class="admin-acts">{props.acts}</div>
        </header>
        {tabs.length > 1 && (
          <nav class="admin-tabs" aria-label={t('nav.admin')}>
            {tabs.map((tab) => (
              <a
                key={tab.path}
                href={tab.path}
                aria-current={tab === here ? 'page' : undefined}
                data-testid={tab.word.replace('.', '-')}
              >
                {t(tab.word)}
                {tab.word === 'admin.health' && <Failing />}
              </a>
            ))}
          </nav>
        )}
        {props.children}
      </main>
    </Desk>
  )
}

/** A list that is there, is not there yet, could not be fetched, or has nothing in it. */
export function Listed<T>(props: {
  loaded: Loaded<T>
  icon: LucideIcon
  empty: string | false
  /** What to do about that. */
  advice?: string | false
  children: ComponentChildren
}) {
  const { value, problem, reload } = props.loaded
  if (problem)
    return (
      <div class="card">
        <ErrorBox title={t('admin.broken')} text={errorWords(problem)} onRetry={reload} />
      </div>
    )
  if (value === null) return <Loading rows={6} />
  if (props.empty)
    return (
      <div class="card">
        <Empty icon={props.icon} title={props.empty} text={props.advice || undefined} />
      </div>
    )
  return <>{props.children}</>
}

/** What is sought in a list, and how much of it is shown. */
export function Sought(props: {
  label: string
  example: string
  value: string
  onInput: (value: string) => void
  shown: number
  all: number
  children?: ComponentChildren
}) {
  return (
    <div class="admin-sought" role="search" aria-label={props.label}>
      <div class="search">
        <Search class="icon" size={18} aria-hidden="true" />
        <input
          class="input"
          type="search"
          value={props.value}
          placeholder={props.example}
          aria-label={props.label}
          maxLength={100}
          data-testid="admin-search"
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      </div>
      {props.children}
      <p class="second num admin-count" role="status">
        {props.all > 0 && t('admin.shown', { shown: props.shown, count: props.all })}
      </p>
    </div>
  )
}

/** One of a few, or all. */
export function Choice(props: {
  label: string
  value: string
  options: readonly { value: string; word: string }[]
  /** The word for none of them; left out where one must be chosen. */
  any?: string
  onChange: (value: string) => void
  testid: string
  disabled?: boolean
}) {
  return (
    <label class="field">
      <span class="legend">{props.label}</span>
      <select
        class="input"
        value={props.value}
        disabled={props.disabled}
        data-testid={props.testid}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        {props.any !== undefined && <option value="">{props.any}</option>}
        {props.options.map((one) => (
          <option key={one.value} value={one.value}>
            {one.word}
          </option>
        ))}
      </select>
    </label>
  )
}
