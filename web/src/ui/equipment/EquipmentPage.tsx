/** The machines of the stores: found by words, added, changed, imported and retired by administrators; stickers for them. */
import { FileUp, Plus, Printer, Wrench } from 'lucide-preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { EquipmentRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { MOST_STICKERS } from '../../model/equipment'
import { holds, holdsWhole } from '../../model/roles'
import { codeShown } from '../../model/warranty'
import { Choice, Frame, Listed, Sought } from '../admin/Frame'
import { ImportDialog } from '../admin/ImportDialog'
import { Table } from '../admin/Table'
import { useLoaded } from '../admin/useLoaded'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { saveFile } from '../save'
import { EquipmentDialog } from './EquipmentDialog'
import { WarrantyChip } from './Machine'

const PAUSE_MS = 250

/** `sought`: the code of a sticker that was scanned. */
export function EquipmentPage(props: { sought?: string }) {
  const model = useModel()
  const [words, setWords] = useState(props.sought ?? '')
  const [sought, setSought] = useState(words)
  const [store, setStore] = useState('')
  const [open, setOpen] = useState<string | 'new' | 'import' | null>(null)
  const [printing, setPrinting] = useState(false)
  const places = useLoaded(useCallback(() => model.organisation.stores(), [model]))
  const loaded = useLoaded(useCallback(() => model.equipment.list(sought, store), [model, sought, store]))
  useEffect(() => {
    const timer = setTimeout(() => setSought(words), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [words])
  const found = loaded.value?.equipment ?? []
  const stores = places.value?.stores ?? []
  const mayChange = holds(model.me.value, ['admin'])
  const mayImport = holdsWhole(model.me.value, ['admin'])
  const inUse = found.filter((one) => !one.retired).map((one) => one.machine.id)
  const tooMany = inUse.length > MOST_STICKERS
  const close = (): void => setOpen(null)
  const done = (): void => {
    close()
    loaded.reload()
  }
  const print = async (machines: readonly string[]): Promise<void> => {
    if (printing) return
    setPrinting(true)
    await act(model.equipment.print(machines).then((sheets) => saveFile(sheets, 'passline-stickers.pdf')))
    setPrinting(false)
  }
  const chosen = found.find((one) => one.machine.id === open)

  return (
    <Frame
      acts={
        <>
          <Button
            icon={Printer}
            disabled={inUse.length === 0 || tooMany}
            busy={printing && t('equipment.printing')}
            onClick={() => void print(inUse)}
            testid="equipment-print"
          >
            {t('equipment.print', { count: inUse.length })}
          </Button>
          {mayImport && (
            <Button icon={FileUp} onClick={() => setOpen('import')} testid="equipment-import">
              {t('admin.import')}
            </Button>
          )}
          {mayChange && (
            <Button
              kind="main"
              icon={Plus}
              disabled={stores.length === 0}
              onClick={() => setOpen('new')}
              testid="equipment-add"
            >
              {t('equipment.add')}
            </Button>
          )}
        </>
      }
    >
      <Sought
        label={t('equipment.search')}
        example={t('equipment.search_example')}
        value={words}
        onInput={setWords}
        shown={found.length}
        all={found.length}
      >
        <Choice
          label={t('admin.store_name')}
          value={store}
          any={t('admin.any')}
          options={stores.map((one) => ({ value: one.id, word: `${one.number} ${nameOf(one.name)}` }))}
          onChange={setStore}
          testid="equipment-store"
        />
      </Sought>
      {(loaded.value?.more || tooMany) && (
        <p class="second" role="status" data-testid="equipment-more">
          {t('equipment.narrow', { count: MOST_STICKERS })}
        </p>
      )}
      <Listed
        loaded={loaded}
        icon={Wrench}
        empty={found.length === 0 && t('equipment.none')}
        advice={(words || store) !== '' && t('archive.none_found_text')}
      >
        <Table
          label={t('admin.equipment')}
          columns={(['name', 'kind', 'serial', 'store', 'warranty', 'code'] as const).map((one) =>
            t(`equipment.${one}`),
          )}
          testid="equipment-table"
        >
          {found.map((one) => (
            <Row key={one.machine.id} record={one} onOpen={() => setOpen(one.machine.id)} />
          ))}
        </Table>
      </Listed>
      {open === 'import' && (
        <ImportDialog kind="equipment" onClose={close} onApplied={() => loaded.reload()} />
      )}
      {(open === 'new' || chosen) && (
        <EquipmentDialog
          key={open}
          record={chosen ?? null}
          stores={stores}
          store={store}
          mayChange={mayChange}
          onPrint={print}
          onClose={close}
          onDone={done}
          onOvertaken={loaded.reload}
        />
      )}
    </Frame>
  )
}

function Row(props: { record: EquipmentRecord; onOpen: () => void }) {
  const { machine, store, retired } = props.record
  return (
    <tr data-testid="equipment-row" data-code={machine.code} data-retired={retired}>
      <td>
        <button type="button" class="admin-open" onClick={props.onOpen} data-testid={`open-${machine.code}`}>
          <strong>{nameOf(machine.name)}</strong>
        </button>
        {retired && <Chip>{t('equipment.retired')}</Chip>}
      </td>
      <td class="second">
        {machine.make} {machine.model}
      </td>
      <td class="second">{machine.serial}</td>
      <td class="second">
        <span class="num">{store.number}</span> {nameOf(store.name)}
      </td>
      <td>
        <WarrantyChip machine={machine} />
      </td>
      <td class="num second">{codeShown(machine.code)}</td>
    </tr>
  )
}
