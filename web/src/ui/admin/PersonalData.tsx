/** What somebody may ask for: all that is kept about them, and, once they have left, that it is deleted for good. */
import { UserX } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { PersonRecord } from '../../contract'
import { nameOf, t } from '../../i18n'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { CopyLink } from '../parts/CopyLink'
import { Dialog } from '../parts/Dialog'
import { Field } from '../parts/Field'
import { errorWords, toast } from '../parts/Toasts'
import { useSaving } from './FormDialog'

export function PersonalData(props: { record: PersonRecord; onDone: () => void }) {
  const model = useModel()
  const { person, disabled } = props.record
  const [asked, setAsked] = useState(false)
  return (
    <section class="admin-data">
      <h3 class="legend">{t('admin.data')}</h3>
      <div class="admin-data-acts">
        <CopyLink href={model.organisation.copyUrl(person.id)} testid="person-copy" />
        {disabled && (
          <Button icon={UserX} onClick={() => setAsked(true)} testid="person-erase">
            {t('admin.erase')}
          </Button>
        )}
      </div>
      {!disabled && <p class="caption">{t('admin.erase_first')}</p>}
      {asked && <Erasing {...props} onClose={() => setAsked(false)} />}
    </section>
  )
}

function Erasing(props: { record: PersonRecord; onClose: () => void; onDone: () => void }) {
  const model = useModel()
  const { id, name } = props.record.person
  const [typed, setTyped] = useState('')
  const saving = useSaving(({ code }) => (code === 'conflict' ? t('admin.erase_conflict') : errorWords(code)))
  const right = [name.zh, name.en].includes(typed.trim())
  const erase = (): void => {
    if (!right) return saving.setProblem(t('admin.erase_wrong', { name: nameOf(name) }))
    void saving.carryOut(async () => {
      await model.organisation.erase(id, typed.trim())
      toast(() => t('admin.erased', { name: nameOf(name) }))
      props.onDone()
    })
  }
  return (
    <Dialog
      title={t('admin.erase_title', { name: nameOf(name) })}
      testid="erase-dialog"
      onClose={() => saving.busy || props.onClose()}
      acts={
        <>
          <Button onClick={props.onClose} disabled={saving.busy} testid="person-erase-close">
            {t('act.cancel')}
          </Button>
          <Button
            kind="danger"
            icon={UserX}
            busy={saving.busy && t('admin.erasing')}
            onClick={erase}
            testid="person-erase-sure"
          >
            {t('admin.erase_sure')}
          </Button>
        </>
      }
    >
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault()
          erase()
        }}
      >
        <p>{t('admin.erase_goes')}</p>
        <p>{t('admin.erase_stays')}</p>
        <Field
          label={t('admin.erase_type', { name: nameOf(name) })}
          value={typed}
          onInput={setTyped}
          error={saving.problem}
          maxLength={200}
          testid="person-erase-name"
        />
      </form>
    </Dialog>
  )
}
