/** A region to add, or to call otherwise. */
import { useState } from 'preact/hooks'
import type { Region } from '../../contract'
import { nameOf, t } from '../../i18n'
import { useModel } from '../model'
import { toast } from '../parts/Toasts'
import { FormDialog, useSaving } from './FormDialog'
import { NameFields, nameIn, typed } from './NameFields'
import { refused } from './words'

export function RegionDialog(props: { region: Region | null; onClose: () => void; onDone: () => void }) {
  const model = useModel()
  const { region } = props
  const [name, setName] = useState(typed(region?.name))
  const [wrong, setWrong] = useState(false)
  const saving = useSaving(({ code }) => refused('region', code))
  const save = (): void => {
    const called = nameIn(name)
    setWrong(called === null)
    if (called === null) return
    void saving.carryOut(async () => {
      if (region) await model.organisation.renameRegion(region.id, called)
      else await model.organisation.addRegion(called)
      toast(() => t('admin.saved', { name: nameOf(called) }))
      props.onDone()
    })
  }
  return (
    <FormDialog
      title={region ? nameOf(region.name) : t('admin.add_region')}
      thing="region"
      saving={saving}
      verb={t('admin.save')}
      onSave={save}
      onClose={props.onClose}
    >
      <NameFields
        label={t('admin.region_name')}
        value={name}
        onChange={setName}
        error={wrong && t('admin.name_missing')}
        testid="region-name"
      />
    </FormDialog>
  )
}
