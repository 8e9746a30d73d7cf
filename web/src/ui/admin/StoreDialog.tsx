/** A store to add or change, and its tablets to keep out or let in. */
import { Ban, Undo2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { PersonRecord, Region, StoreRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { when } from '../format'
import { useModel } from '../model'
import { Field } from '../parts/Field'
import { toast } from '../parts/Toasts'
import { Devices } from './Devices'
import { FormDialog, useHeld, useSaving } from './FormDialog'
import { Choice } from './Frame'
import { NameFields, nameIn, typed } from './NameFields'
import { Twice } from './Twice'
import { refused } from './words'

export function StoreDialog(props: {
  store: StoreRecord | null
  regions: readonly Region[]
  onClose: () => void
  onDone: () => void
  /** The store, or a tablet of it, was changed; the dialog stays. */
  onStale: () => void
  onEnrol: () => void
}) {
  const model = useModel()
  const { store } = props
  const [number, setNumber] = useState(store?.number ?? '')
  const [name, setName] = useState(typed(store?.name))
  const [region, setRegion] = useState(store?.region ?? props.regions[0]?.id ?? '')
  const [wrong, setWrong] = useState<'number' | 'name' | null>(null)
  const [held, adopt] = useHeld(store)
  const saving = useSaving(
    ({ code }) => refused('store', code),
    () => {
      adopt()
      props.onStale()
    },
  )

  const save = (): void => {
    const called = nameIn(name)
    const bad = !number.trim() ? 'number' : called === null ? 'name' : null
    setWrong(bad)
    if (bad || called === null) return
    void saving.carryOut(async () => {
      if (held) await model.organisation.changeStore(held.id, { name: called, region }, held.tag)
      else await model.organisation.addStore({ number: number.trim(), name: called, region })
      toast(() => t('admin.saved', { name: nameOf(called) }))
      props.onDone()
    })
  }

  return (
    <FormDialog
      title={store ? `${store.number} ${nameOf(store.name)}` : t('admin.add_store')}
      thing="store"
      saving={saving}
      verb={t(store ? 'admin.save' : 'admin.add_store')}
      onSave={save}
      onClose={props.onClose}
      acts={store && <Closing store={store} onDone={props.onDone} />}
      below={
        <>
          {store && !store.closed && (
            <Devices devices={store.devices} onEnrol={props.onEnrol} onDone={props.onStale} />
          )}
          {store && !store.closed && store.tablets.length > 0 && (
            <section class="admin-tablets">
              <h3 class="legend">{t('admin.password_tablets')}</h3>
              <ul class="row-list">
                {store.tablets.map((tablet) => (
                  <Tablet key={tablet.person.id} tablet={tablet} onDone={props.onStale} />
                ))}
              </ul>
            </section>
          )}
        </>
      }
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
    </FormDialog>
  )
}

/** Closing asks once more: the tablets do not come back by themselves. */
function Closing(props: { store: StoreRecord; onDone: () => void }) {
  const model = useModel()
  const { id, name, closed } = props.store
  return (
    <div class="admin-standing">
      <Twice
        icon={closed ? Undo2 : Ban}
        word={t(closed ? 'admin.open_store' : 'admin.close_store')}
        sure={closed ? undefined : t('admin.close_store_sure')}
        testid="store-close"
        wish={() => model.organisation.closeStore(id, !closed)}
        onDone={() => {
          toast(() => t(closed ? 'admin.store_opened' : 'admin.store_closed', { name: nameOf(name) }))
          props.onDone()
        }}
      />
    </div>
  )
}

function Tablet(props: { tablet: PersonRecord; onDone: () => void }) {
  const model = useModel()
  const { person, login, disabled, seen_at } = props.tablet
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
      <Twice
        icon={disabled ? Undo2 : Ban}
        word={t(disabled ? 'admin.enable' : 'admin.disable')}
        sure={disabled ? undefined : t('admin.disable_sure')}
        testid={`turn-${login}`}
        wish={() => model.organisation.disable(person.id, !disabled)}
        onDone={() => {
          toast(() => t(disabled ? 'admin.enabled' : 'admin.was_disabled', { name: login }))
          props.onDone()
        }}
      />
    </li>
  )
}
