/** A store to add or change, and its tablets to keep out or let in. */
import { Ban, Undo2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { PersonRecord, Region, StoreRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { act } from '../act'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { toast } from '../parts/Toasts'
import { Devices } from './Devices'
import { Choice } from './Frame'
import { NameFields, nameIn, typed } from './NameFields'
import { refused } from './words'

export function StoreDialog(props: {
  store: StoreRecord | null
  regions: readonly Region[]
  onClose: () => void
  onDone: () => void
  /** A tablet was changed; the dialog stays. */
  onTablet: () => void
  onEnrol: () => void
}) {
  const model = useModel()
  const { store } = props
  const [number, setNumber] = useState(store?.number ?? '')
  const [name, setName] = useState(typed(store?.name))
  const [region, setRegion] = useState(store?.region ?? props.regions[0]?.id ?? '')
  const [wrong, setWrong] = useState<'number' | 'name' | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const save = async (): Promise<void> => {
    const called = nameIn(name)
    const bad = !number.trim() ? 'number' : called === null ? 'name' : null
    setWrong(bad)
    if (busy || bad || called === null) return
    setBusy(true)
    setProblem(null)
    try {
      if (store) await model.organisation.changeStore(store.id, { name: called, region })
      else await model.organisation.addStore({ number: number.trim(), name: called, region })
      toast(() => t('admin.saved', { name: nameOf(called) }))
      props.onDone()
    } catch (reason) {
      setProblem(refused('store', reason instanceof Refusal ? reason.code : 'internal'))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog
      title={store ? `${store.number} ${nameOf(store.name)}` : t('admin.add_store')}
      testid="store-dialog"
      size="wide"
      onClose={props.onClose}
      acts={
        <>
          {store && <Closing store={store} onDone={props.onDone} />}
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button kind="main" busy={busy && t('admin.busy')} onClick={() => void save()} testid="store-save">
            {t(store ? 'admin.save' : 'admin.add_store')}
          </Button>
        </>
      }
    >
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        {!store && (
          <Field
            label={t('admin.number')}
            value={number}
            onInput={setNumber}
            placeholder="0117"
            maxLength={64}
            error={wrong === 'number' ? t('admin.number_missing') : null}
            testid="store-number"
          />
        )}
        <NameFields
          label={t('admin.store_name')}
          value={name}
          onChange={setName}
          error={wrong === 'name' && t('admin.name_missing')}
          testid="store-name"
        />
        <Choice
          label={t('admin.region')}
          value={region}
          options={props.regions.map((one) => ({ value: one.id, word: nameOf(one.name) }))}
          onChange={setRegion}
          testid="store-region"
        />
        {problem && (
          <p class="field-error" role="alert" data-testid="store-problem">
            {problem}
          </p>
        )}
        <button type="submit" hidden>
          {t('admin.save')}
        </button>
      </form>
      {store && !store.closed && (
        <Devices devices={store.devices} onEnrol={props.onEnrol} onDone={props.onTablet} />
      )}
      {store && !store.closed && store.tablets.length > 0 && (
        <section class="admin-tablets">
          <h3 class="legend">{t('admin.password_tablets')}</h3>
          <ul class="row-list">
            {store.tablets.map((tablet) => (
              <Tablet key={tablet.person.id} tablet={tablet} onDone={props.onTablet} />
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  )
}

/** Closing asks once more: the tablets do not come back by themselves. */
function Closing(props: { store: StoreRecord; onDone: () => void }) {
  const model = useModel()
  const { id, name, closed } = props.store
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const turn = async (): Promise<void> => {
    if (!closed && !sure) return setSure(true)
    setBusy(true)
    const done = await act(model.organisation.closeStore(id, !closed))
    setBusy(false)
    if (!done) return
    toast(() => t(closed ? 'admin.store_opened' : 'admin.store_closed', { name: nameOf(name) }))
    props.onDone()
  }
  return (
    <div class="admin-standing">
      <Button
        kind={sure ? 'danger' : 'plain'}
        icon={closed ? Undo2 : Ban}
        busy={busy && t('admin.busy')}
        onClick={(event) => {
          if (event.detail < 2) void turn() // the second click of two is no answer to the question
        }}
        testid="store-close"
      >
        {t(closed ? 'admin.open_store' : sure ? 'admin.close_store_sure' : 'admin.close_store')}
      </Button>
    </div>
  )
}

function Tablet(props: { tablet: PersonRecord; onDone: () => void }) {
  const model = useModel()
  const { person, login, disabled, seen_at } = props.tablet
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const turn = async (): Promise<void> => {
    if (!disabled && !sure) return setSure(true)
    setBusy(true)
    const done = await act(model.organisation.disable(person.id, !disabled))
    setBusy(false)
    if (!done) return
    setSure(false)
    toast(() => t(disabled ? 'admin.enabled' : 'admin.was_disabled', { name: login }))
    props.onDone()
  }
  return (
    <li class="admin-tablet" data-testid={`tablet-${login}`} data-disabled={disabled}>
      <span class="admin-who">
        <strong>{login}</strong>
        <span class="caption">
          {disabled
            ? t('admin.states.disabled')
            : seen_at === null
              ? t('admin.signed_out')
              : t('admin.seen_at', { time: when(seen_at, model.tick.value) })}
        </span>
      </span>
      <Button
        kind={sure ? 'danger' : 'plain'}
        icon={disabled ? Undo2 : Ban}
        busy={busy && t('admin.busy')}
        onClick={(event) => {
          if (event.detail < 2) void turn()
        }}
        testid={`turn-${login}`}
      >
        {t(disabled ? 'admin.enable' : sure ? 'admin.disable_sure' : 'admin.disable')}
      </Button>
    </li>
  )
}
