/** A list of people, stores or machines: what it would change is shown first, its bad lines by number; then it is applied whole. */
import { Download, FileUp } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { EquipmentTaken, ListProblem, PeopleTaken, StoresTaken } from '../../contract'
import { known, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Problem } from '../parts/Problem'
import { errorWords } from '../parts/Toasts'
import { saveFile } from '../save'

type Kind = 'people' | 'stores' | 'equipment'

/** What came of a list, whatever it is of. */
interface Outcome {
  problems: readonly ListProblem[]
  added: readonly string[]
  changed: readonly string[]
  regions: readonly string[]
  same: number
  links: readonly { login: string; path: string }[]
}

function outcomeOf(taken: PeopleTaken | StoresTaken | EquipmentTaken): Outcome {
  if ('added' in taken) return { regions: [], ...taken, links: [] }
  return {
    ...taken,
    added: taken.invited.map((one) => one.login),
    regions: [],
    links: taken.invited.flatMap(({ login, path }) => (path ? [{ login, path }] : [])),
  }
}

export function ImportDialog(props: { kind: Kind; onClose: () => void; onApplied: () => void }) {
  const model = useModel()
  const [list, setList] = useState<File | null>(null)
  const [shown, setShown] = useState<Outcome | null>(null)
  const [applied, setApplied] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const changes = shown ? shown.added.length + shown.changed.length + shown.regions.length : 0
  const good = shown !== null && shown.problems.length === 0

  const send = async (file: File, apply: boolean): Promise<void> => {
    if (busy) return
    setBusy(true)
    setProblem(null)
    try {
      const take = {
        people: model.organisation.takePeople,
        stores: model.organisation.takeStores,
        equipment: model.equipment.takeList,
      }[props.kind]
      const outcome = outcomeOf(await take(file, apply))
      setShown(outcome)
      if (apply && outcome.problems.length === 0) {
        setApplied(true)
        if (outcome.links.length > 0) save(outcome.links)
        props.onApplied()
      }
    } catch (reason) {
      setProblem(reason instanceof Refusal ? reason.code : 'internal')
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog
      title={t(`admin.import_${props.kind}`)}
      testid="import-dialog"
      size="wide"
      onClose={props.onClose}
      acts={
        applied ? (
          <Button kind="main" onClick={props.onClose} testid="import-done">
            {t('admin.done')}
          </Button>
        ) : (
          <>
            <Button onClick={props.onClose}>{t('act.cancel')}</Button>
            <Button
              kind="main"
              icon={FileUp}
              disabled={!good || changes === 0}
              busy={busy && t('admin.busy')}
              onClick={() => list && void send(list, true)}
              testid="import-apply"
            >
              {t('admin.apply')}
            </Button>
          </>
        )
      }
    >
      {!applied && (
        <label class="field">
          <span class="legend">{t('admin.file')}</span>
          <input
            class="input"
            type="file"
            accept=".csv,text/csv"
            data-testid="import-file"
            disabled={busy}
            onClick={(event) => {
              event.currentTarget.value = '' // the same file, mended, is news too
            }}
            onChange={(event) => {
              const file = event.currentTarget.files?.[0] ?? null
              setList(file)
              setShown(null)
              if (file) void send(file, false)
            }}
          />
          <span class="caption">{t(`admin.columns_${props.kind}`)}</span>
        </label>
      )}
      {problem && <Problem>{errorWords(problem)}</Problem>}
      {shown &&
        (good ? <Changes outcome={shown} applied={applied} /> : <Problems problems={shown.problems} />)}
    </Dialog>
  )
}

/** In the reader's words; a fault of a newer server as the server says it. */
function wordsOf({ fault, about = {}, text }: ListProblem): string {
  const column = known(`admin.columns.${about.column}`)
    ? t(`admin.columns.${about.column}`)
    : (about.column ?? '')
  const key = `admin.faults.${fault}`
  return known(key) ? t(key, { ...about, column }) : text
}

function Problems(props: { problems: readonly ListProblem[] }) {
  return (
    <div role="alert" data-testid="import-problems">
      <p class="admin-said">{t('admin.bad_lines', { count: props.problems.length })}</p>
      <ul class="admin-lines" tabIndex={0}>
        {props.problems.map((one, at) => (
          <li key={at}>
            <strong class="num">{t('admin.line', { line: one.line })}</strong> {wordsOf(one)}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Changes(props: { outcome: Outcome; applied: boolean }) {
  const { outcome } = props
  const parts = (['regions', 'added', 'changed'] as const).filter((part) => outcome[part].length > 0)
  return (
    <div role="status" data-testid={props.applied ? 'import-applied' : 'import-preview'}>
      <p class="admin-said">
        {t(props.applied ? 'admin.applied' : parts.length > 0 ? 'admin.would' : 'admin.nothing_to_do', {
          count: outcome.same,
        })}
      </p>
      <ul class="admin-lines" tabIndex={0}>
        {parts.map((part) => (
          <li key={part}>
            <strong>{t(`admin.list_${part}`, { count: outcome[part].length })}</strong>{' '}
            {outcome[part].join(t('list.comma'))}
          </li>
        ))}
      </ul>
      {outcome.links.length > 0 && <Links links={outcome.links} />}
    </div>
  )
}

/** The invitations are told only now: as a file to be kept and handed on, without being asked for. */
function save(links: Outcome['links']): void {
  const lines = links.map((one) => `${one.login},${location.origin}${one.path}`)
  const list = new Blob([`login,link\r\n${lines.join('\r\n')}\r\n`], { type: 'text/csv' })
  saveFile(list, 'passline-invitations.csv')
}

function Links(props: { links: Outcome['links'] }) {
  return (
    <>
      <p>{t('admin.links_text')}</p>
      <Button icon={Download} onClick={() => save(props.links)} testid="import-links">
        {t('admin.links_save', { count: props.links.length })}
      </Button>
    </>
  )
}
