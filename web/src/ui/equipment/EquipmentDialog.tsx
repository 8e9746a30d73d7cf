/** A machine to add or change, with its last calls; who may not change it reads what is known. */
import { Ban, Printer, Undo2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { EquipmentRecord, EquipmentWish, KeptEquipment, Reason, StoreRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { codeShown } from '../../model/warranty'
import { FormDialog, useHeld, useSaving } from '../admin/FormDialog'
import { Choice } from '../admin/Frame'
import { NameFields, nameIn, typed } from '../admin/NameFields'
import { Twice } from '../admin/Twice'
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
  record: KeptEquipment | null
  stores: readonly StoreRecord[]
  /** The one that the page shows, for a new machine. */
  store: string
  mayChange: boolean
  onPrint: (machines: readonly string[]) => Promise<void>
  onClose: () => void
  onDone: () => void
  onOvertaken: () => void
}) {
  const model = useModel()
  const { record } = props
  const [held, adopt] = useHeld(record)
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
  const saving = useSaving(
    ({ code }) => refused('equipment', code),
    () => {
      adopt()
      props.onOvertaken()
    },
  )
  const put = (part: keyof typeof parts) => (value: string) => setParts({ ...parts, [part]: value })

  const save = (): void => {
    const called = nameIn(name)
    const bad = called === null ? 'name' : (TEXTS.find((part) => !parts[part].trim()) ?? null)
    setWrong(bad)
    if (bad || called === null) return
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
    void saving.carryOut(async () => {
      if (held) await model.equipment.change(held.machine.id, wish, held.tag)
      else await model.equipment.add(wish)
      toast(() => t('admin.saved', { name: nameOf(called) }))
      props.onDone()
    })
  }
  const title = machine ? `${nameOf(machine.name)} ${codeShown(machine.code)}` : t('equipment.add')
  const print = machine && !record.retired && (
    <Button icon={Printer} onClick={() => void props.onPrint([machine.id])} testid="equipment-print-one">
      {t('equipment.print_this')}
    </Button>
  )
  if (!props.mayChange)
    return (
      <Dialog
        title={title}
        testid="equipment-dialog"
        size="wide"
        onClose={props.onClose}
        acts={
          <>
            {print}
            <Button onClick={props.onClose}>{t('act.close')}</Button>
          </>
        }
      >
        {machine && <MachineFacts machine={machine} />}
        {machine && <MachineCalls machine={machine} />}
      </Dialog>
    )

  return (
    <FormDialog
      title={title}
      thing="equipment"
      saving={saving}
      verb={t(record ? 'admin.save' : 'equipment.add')}
      onSave={save}
      onClose={props.onClose}
      acts={
        <>
          {record && <Retiring record={record} onDone={props.onDone} />}
          {print}
        </>
      }
      below={machine && <MachineCalls machine={machine} />}
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
    </FormDialog>
  )
}

/** Retiring asks once more: its sticker calls nobody any more. */
function Retiring(props: { record: EquipmentRecord; onDone: () => void }) {
  const model = useModel()
  const { machine, retired } = props.record
  return (
    <div class="admin-standing">
      <Twice
        icon={retired ? Undo2 : Ban}
        word={t(retired ? 'equipment.bring_back' : 'equipment.retire')}
        sure={retired ? undefined : t('equipment.retire_sure')}
        testid="equipment-retire"
        wish={() => model.equipment.retire(machine.id, !retired)}
        onDone={() => {
          toast(() =>
            t(retired ? 'equipment.brought_back' : 'equipment.was_retired', { name: nameOf(machine.name) }),
          )
          props.onDone()
        }}
      />
    </div>
  )
}
