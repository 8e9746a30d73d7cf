/** A region to add, or to call otherwise. */
import { useState } from 'preact/hooks'
import type { Region } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Refusal } from '../../model/api'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { toast } from '../parts/Toasts'
import { NameFields, nameIn, typed } from './NameFields'
import { refused } from './words'

export function RegionDialog(props: { region: Region | null; onClose: () => void; onDone: () => void }) {
  const model = useModel()
  const { region } = props
  const [name, setName] = useState(typed(region?.name))
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const save = async (): Promise<void> => {
    const called = nameIn(name)
    if (busy) return
    if (called === null) return setProblem(t('admin.name_missing'))
    setBusy(true)
    try {
      if (region) await model.organisation.renameRegion(region.id, called)
      else await model.organisation.addRegion(called)
      toast(() => t('admin.saved', { name: nameOf(called) }))
      props.onDone()
    } catch (reason) {
      setProblem(refused('region', reason instanceof Refusal ? reason.code : 'internal'))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={region ? nameOf(region.name) : t('admin.add_region')}
      testid="region-dialog"
      size="wide"
      onClose={props.onClose}
      acts={
        <>
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button kind="main" busy={busy && t('admin.busy')} onClick={() => void save()} testid="region-save">
            {t('admin.save')}
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
        <NameFields
          label={t('admin.region_name')}
          value={name}
          onChange={setName}
          error={problem ?? false}
          testid="region-name"
        />
        <button type="submit" hidden>
          {t('admin.save')}
        </button>
      </form>
    </Dialog>
  )
}
