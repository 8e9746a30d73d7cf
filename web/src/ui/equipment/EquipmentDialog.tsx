/** A machine to add or change, with its last calls; who may not change it reads what is known. */
import { Ban, Printer, Undo2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { EquipmentRecord, EquipmentWish, Reason, StoreRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { codeShown } from '../../model/warranty'
import { act } from '../act'
import { Choice } from '../admin/Frame'
import { NameFields, nameIn, typed } from '../admin/NameFields'
import { refused } from '../admin/words'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { toast } from '../parts/Toasts'
import { MachineCalls, MachineFacts } from './Machine'

const REASONS: Reason[] = ['equipment', 'dishes', 'other', 'any']
const TEXTS = ['make', 'model', 'serial'] as const
const DAYS = ['installed_on', 'warranty_until'] as const

export function EquipmentDialog(props: {
  record: EquipmentRecord | null
  stores: readonly StoreRecord[]
  /** The one that the page shows, for a new machine. */
  store: string
  mayChange: boolean
  onPrint: (machines: readonly string[]) => Promise<void>
  onClose: () => void
  onDone: () => void
}) {
  const model = useModel()
  const { record, mayChange } = props
  const machine = record?.machine
  const [name, setName] = useState(typed(machine?.name))
  const [parts, setParts] = useState({
    make: machine?.make ?? '',
    model: machine?.model ?? '',
    serial: machine?.serial ?? '',
    installed_on: machine?.installed_on ?? '',
    warranty_until: machine?.warranty_until ?? '',
    note: machine?.note ?? '',
  })
  const [store, setStore] = useState<string>(record?.store.id ?? (props.store || props.stores[0]?.id || ''))
  const [reason, setReason] = useState<Reason>(record?.reason ?? 'equipment')
  const [wrong, setWrong] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const put = (part: keyof typeof parts) => (value: string) => setParts({ ...parts, [part]: value })

  const save = async (): Promise<void> => {
    const called = nameIn(name)
    const bad = called === null ? 'name' : (TEXTS.find((part) => !parts[part].trim()) ?? null)
    setWrong(bad)
    if (busy || bad || called === null) return
    const wish: EquipmentWish = {
      name: called,
      make: parts.make.trim(),
      model: parts.model.trim(),
      serial: parts.serial.trim(),
      installed_on: parts.installed_on || null,
      warranty_until: parts.warranty_until || null,
      note: parts.note.trim(),
      store,
      reason,
    }
    setBusy(true)
    setProblem(null)
    try {
      if (machine) await model.equipment.change(machine.id, wish)
      else await model.equipment.add(wish)
      toast(() => t('admin.saved', { name: nameOf(called) }))
      props.onDone()
    } catch (failed) {
      setProblem(refused('equipment', failed instanceof Refusal ? failed.code : 'internal'))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog
      title={machine ? `${nameOf(machine.name)} ${codeShown(machine.code)}` : t('equipment.add')}
      testid="equipment-dialog"
      size="wide"
      onClose={props.onClose}
      acts={
        <>
          {record && mayChange && <Retiring record={record} onDone={props.onDone} />}
          {machine && !record.retired && (
            <Button
              icon={Printer}
              onClick={() => void props.onPrint([machine.id])}
              testid="equipment-print-one"
            >
              {t('equipment.print_this')}
            </Button>
          )}
          <Button onClick={props.onClose}>{t(mayChange ? 'act.cancel' : 'act.close')}</Button>
          {mayChange && (
            <Button
              kind="main"
              busy={busy && t('admin.busy')}
              onClick={() => void save()}
              testid="equipment-save"
            >
              {t(record ? 'admin.save' : 'equipment.add')}
            </Button>
          )}
        </>
      }
    >
      {mayChange ? (
        <form
          class="admin-form"
          onSubmit={(event) => {
            event.preventDefault()
            void save()
          }}
        >
          <NameFields
            label={t('equipment.name')}
            value={name}
            onChange={setName}
            error={wrong === 'name' && t('admin.name_missing')}
            testid="equipment-name"
          />
          <div class="admin-pair">
            {TEXTS.map((part) => (
              <Field
                key={part}
                label={t(`equipment.${part}`)}
                value={parts[part]}
                onInput={put(part)}
                error={wrong === part ? t('equipment.missing') : null}
                maxLength={200}
                testid={`equipment-${part}`}
              />
            ))}
          </div>
          <div class="admin-pair">
            <Choice
              label={t('admin.store_name')}
              value={store}
              options={props.stores.map((one) => ({
                value: one.id,
                word: `${one.number} ${nameOf(one.name)}`,
              }))}
              onChange={setStore}
              testid="equipment-place"
            />
            <Choice
              label={t('equipment.reason')}
              value={reason}
              options={REASONS.map((one) => ({ value: one, word: t(`reason.${one}`) }))}
              onChange={(value) => setReason(value as Reason)}
              testid="equipment-reason"
            />
            {DAYS.map((part) => (
              <Field
                key={part}
                type="date"
                label={t(`equipment.${part}`)}
                value={parts[part]}
                onInput={put(part)}
                testid={`equipment-${part}`}
              />
            ))}
          </div>
          <Field
            label={t('equipment.note')}
            hint={t('equipment.note_hint')}
            value={parts.note}
            onInput={put('note')}
            maxLength={200}
            testid="equipment-note"
          />
          {problem && (
            <p class="field-error" role="alert" data-testid="equipment-problem">
              {problem}
            </p>
          )}
          <button type="submit" hidden>
            {t('admin.save')}
          </button>
        </form>
      ) : (
        machine && <MachineFacts machine={machine} />
      )}
      {machine && <MachineCalls machine={machine} />}
    </Dialog>
  )
}

/** Retiring asks once more: its sticker calls nobody any more. */
function Retiring(props: { record: EquipmentRecord; onDone: () => void }) {
  const model = useModel()
  const { machine, retired } = props.record
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const turn = async (): Promise<void> => {
    if (!retired && !sure) return setSure(true)
    setBusy(true)
    const done = await act(model.equipment.retire(machine.id, !retired))
    setBusy(false)
    if (!done) return
    toast(() =>
      t(retired ? 'equipment.brought_back' : 'equipment.was_retired', { name: nameOf(machine.name) }),
    )
    props.onDone()
  }
  return (
    <div class="admin-standing">
      <Button
        kind={sure ? 'danger' : 'plain'}
        icon={retired ? Undo2 : Ban}
        busy={busy && t('admin.busy')}
        onClick={(event) => {
          if (event.detail < 2) void turn() // the second click of two is no answer to the question
        }}
        testid="equipment-retire"
      >
        {t(retired ? 'equipment.bring_back' : sure ? 'equipment.retire_sure' : 'equipment.retire')}
      </Button>
    </div>
  )
}
