/** The audit: who did what to whom, found by person, object, act and day, and downloaded as it is shown. */
import { Download, ScrollText, Search } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Action, AuditLine } from '../../contract'
import { known, nameOf, t } from '../../i18n'
import { EVERYTHING, type AuditWish } from '../../model/audit'
import { Desk } from '../desk/Desk'
import { moment } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Field } from '../parts/Field'
import { Empty, ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'
import { ACTIONS } from './actions'
import { useLines } from './useLines'

/** A code in words; what has none stands there as it was written. */
const words = (area: 'action' | 'thing' | 'detail', code: string): string =>
  known(`audit.${area}.${code}`) ? t(`audit.${area}.${code}`) : code

/** Somebody or something; a press shows what else there is about it. */
function Sought(props: { id: string; name: string; onSeek: (id: string) => void; testid: string }) {
  return (
    <button
      type="button"
      class="btn audit-seek"
      data-kind="link"
      title={props.id}
      data-testid={props.testid}
      onClick={() => props.onSeek(props.id)}
    >
      <span>{props.name}</span>
    </button>
  )
}

function Line(props: { line: AuditLine; onSeek: (part: Partial<AuditWish>) => void }) {
  const { line } = props
  return (
    <tr data-testid="audit-line" data-action={line.action}>
      <td class="num second">{line.seq}</td>
      <td class="num">{moment(line.at)}</td>
      <td>
        {line.person ? (
          <Sought
            id={line.person}
            name={nameOf(line.name) || line.person}
            testid="audit-who"
            onSeek={(who) => props.onSeek({ who })}
          />
        ) : (
          <span class="second">{t('audit.nobody')}</span>
        )}
        {line.operator && (
          <Sought
            id={line.operator}
            name={nameOf(line.operator_name) || line.operator}
            testid="audit-operator"
            onSeek={(who) => props.onSeek({ who })}
          />
        )}
      </td>
      <td>{words('action', line.action)}</td>
      <td>
        {line.object && (
          <Sought
            id={line.object}
            name={nameOf(line.about) || words('thing', line.object)}
            testid="audit-about"
            onSeek={(about) => props.onSeek({ about })}
          />
        )}
      </td>
      <td class="second">
        {line.detail
          .split(',')
          .map((code) => code.split('@'))
          .map(([code, place]) => [code && words('detail', code), place].filter(Boolean).join(' · '))
          .join(t('list.comma'))}
      </td>
      <td class="num second">{line.address}</td>
    </tr>
  )
}

const COLUMNS = ['seq', 'at', 'who', 'action_head', 'about', 'detail_head', 'address'] as const

function Table(props: { lines: readonly AuditLine[]; onSeek: (part: Partial<AuditWish>) => void }) {
  return (
    <div class="admin-scroll" tabIndex={0} role="region" aria-label={t('audit.title')}>
      <table class="admin-table audit-table" data-testid="audit-table">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {t(`audit.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.lines.map((line) => (
            <Line key={line.seq} line={line} onSeek={props.onSeek} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Day(props: { label: string; value: string; onInput: (value: string) => void; testid: string }) {
  return (
    <label class="field">
      <span class="legend">{props.label}</span>
      <input
        class="input"
        type="date"
        value={props.value}
        data-testid={props.testid}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </label>
  )
}

/** What is typed counts when it is sent; what is chosen counts at once. */
function Wish(props: { wish: AuditWish; onWish: (wish: AuditWish) => void }) {
  const [typed, setTyped] = useState(props.wish)
  const [shown, setShown] = useState(props.wish)
  if (shown !== props.wish) {
    setShown(props.wish)
    setTyped(props.wish)
  }
  const choose = (part: Partial<AuditWish>): void => props.onWish({ ...typed, ...part })
  return (
    <form
      class="audit-wish"
      role="search"
      aria-label={t('audit.search')}
      onSubmit={(event) => {
        event.preventDefault()
        props.onWish({ ...typed })
      }}
    >
      <Field
        label={t('audit.who')}
        type="search"
        value={typed.who}
        placeholder={t('audit.who_example')}
        maxLength={100}
        testid="audit-wish-who"
        onInput={(who) => setTyped({ ...typed, who })}
      />
      <Field
        label={t('audit.about')}
        type="search"
        value={typed.about}
        placeholder={t('audit.about_example')}
        maxLength={100}
        testid="audit-wish-about"
        onInput={(about) => setTyped({ ...typed, about })}
      />
      <label class="field">
        <span class="legend">{t('audit.action_head')}</span>
        <select
          class="input"
          value={typed.action}
          data-testid="audit-wish-action"
          onChange={(event) => choose({ action: event.currentTarget.value as Action | '' })}
        >
          <option value="">{t('audit.any')}</option>
          {ACTIONS.map((action) => (
            <option key={action} value={action}>
              {words('action', action)}
            </option>
          ))}
        </select>
      </label>
      <Day
        label={t('audit.from')}
        value={typed.from}
        testid="audit-wish-from"
        onInput={(from) => choose({ from })}
      />
      <Day label={t('audit.to')} value={typed.to} testid="audit-wish-to" onInput={(to) => choose({ to })} />
      <Button type="submit" icon={Search} testid="audit-find">
        {t('audit.find')}
      </Button>
    </form>
  )
}

function Log() {
  const model = useModel()
  const [wish, setWish] = useState(EVERYTHING)
  const { lines, problem, next, reload, more } = useLines(wish)
  const seek = (part: Partial<AuditWish>): void => setWish({ ...EVERYTHING, ...part })
  return (
    <main class="audit">
      <header class="page-head">
        <h1>{t('audit.title')}</h1>
        <p class="second">{t('audit.lead')}</p>
        <a
          class="btn audit-export"
          data-kind="plain"
          href={model.audit.exportUrl(wish)}
          download
          data-testid="audit-export"
        >
          <Download class="icon" size={18} aria-hidden="true" />
          <span>{t('audit.export')}</span>
        </a>
      </header>
      <Wish wish={wish} onWish={setWish} />
      {problem && (
        <div class="card">
          <ErrorBox title={t('audit.broken')} text={errorWords(problem)} onRetry={reload} />
        </div>
      )}
      {!lines ? (
        !problem && <Loading rows={6} />
      ) : lines.length === 0 ? (
        <div class="card">
          <Empty icon={ScrollText} title={t('audit.none')} text={t('audit.none_text')}>
            <Button testid="audit-clear" onClick={() => seek({})}>
              {t('audit.clear')}
            </Button>
          </Empty>
        </div>
      ) : (
        <>
          <Table lines={lines} onSeek={seek} />
          {next !== null && (
            <Button onClick={more} testid="audit-more">
              {t('audit.more')}
            </Button>
          )}
        </>
      )}
    </main>
  )
}

export function Audit() {
  return (
    <Desk>
      <Log />
    </Desk>
  )
}
