/** Who may replay this besides those who always may; the button says for whom. */
import { useState } from 'preact/hooks'
import type { Role } from '../../contract'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { toast } from '../parts/Toasts'

const ROLES: readonly Role[] = ['learner', 'store', 'expert', 'trainer', 'manager']

export function PublishDialog(props: {
  room: string
  roles: readonly Role[]
  onClose: () => void
  onDone: (roles: Role[]) => void
}) {
  const model = useModel()
  const [chosen, setChosen] = useState<readonly Role[]>(props.roles)
  const [busy, setBusy] = useState(false)
  const save = async (): Promise<void> => {
    setBusy(true)
    const done = await act(model.archive.publish(props.room, chosen))
    setBusy(false)
    if (!done) return
    toast(() => t(chosen.length > 0 ? 'publish.done' : 'publish.withdrawn'))
    props.onDone([...chosen])
  }
  return (
    <Dialog
      title={t('publish.title')}
      testid="publish-dialog"
      onClose={props.onClose}
      acts={
        <>
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button
            kind="main"
            busy={busy && t('publish.busy')}
            onClick={() => void save()}
            testid="publish-save"
          >
            {t('publish.save')}
          </Button>
        </>
      }
    >
      <p>{t('publish.text')}</p>
      <ul class="roles">
        {ROLES.map((role) => (
          <li key={role}>
            <label class="check">
              <input
                type="checkbox"
                checked={chosen.includes(role)}
                data-testid={`publish-${role}`}
                onChange={(event) =>
                  setChosen(
                    event.currentTarget.checked ? [...chosen, role] : chosen.filter((one) => one !== role),
                  )
                }
              />
              {t(`roles.${role}`)}
            </label>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
