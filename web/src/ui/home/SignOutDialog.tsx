/** Asks before a device is signed out, since a tablet without sign-in cannot call. */
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

export function SignOutDialog(props: { onClose: () => void }) {
  const model = useModel()
  const store = model.me.value?.person.role === 'store'
  return (
    <Dialog
      title={t('signout.title')}
      onClose={props.onClose}
      acts={
        <>
          <Button onClick={props.onClose}>{t('act.stay')}</Button>
          <Button kind="danger" testid="sign-out-yes" onClick={() => void act(model.signOut())}>
            {t('signout.go')}
          </Button>
        </>
      }
    >
      <p>{t(store ? 'signout.text_store' : 'signout.text')}</p>
    </Dialog>
  )
}
