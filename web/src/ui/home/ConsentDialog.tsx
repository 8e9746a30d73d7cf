/** The question before somebody joins a room that is recorded: nobody is recorded who did not say yes. */
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

export function ConsentDialog(props: { title: string; onAgree: () => Promise<void>; onClose: () => void }) {
  const [busy, setBusy] = useState(false)
  return (
    <Dialog
      title={t('consent.title')}
      testid="consent"
      onClose={props.onClose}
      acts={
        <>
          <Button onClick={props.onClose} testid="consent-refuse">
            {t('consent.refuse')}
          </Button>
          <Button
            kind="main"
            testid="consent-agree"
            busy={busy && t('consent.busy')}
            onClick={() => {
              setBusy(true)
              void props.onAgree().finally(() => setBusy(false))
            }}
          >
            {t('consent.agree')}
          </Button>
        </>
      }
    >
      <p>{t('consent.text', { title: props.title })}</p>
    </Dialog>
  )
}
