/** The question before somebody joins a class: nobody is seen, and none of it recorded, who did not say yes. */
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

export function ConsentDialog(props: {
  title: string
  /** The class is: where the rules say never, nothing is said of a recording. */
  recorded: boolean
  onAgree: () => Promise<void>
  onClose: () => void
}) {
  const [busy, setBusy] = useState(false)
  return (
    <Dialog
      title={t(props.recorded ? 'consent.title' : 'consent.join_title')}
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
            {t(props.recorded ? 'consent.agree' : 'consent.join')}
          </Button>
        </>
      }
    >
      <p>{t(props.recorded ? 'consent.text' : 'consent.join_text', { title: props.title })}</p>
    </Dialog>
  )
}
