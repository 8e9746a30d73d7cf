/** A link of one use, shown once, to be copied and handed on. */
import { Check, Copy } from 'lucide-preact'
import { useRef, useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'

export function LinkDialog(props: { name: string; path: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const link = location.origin + props.path
  const copy = async (): Promise<void> => {
    field.current?.select()
    try {
      await navigator.clipboard.writeText(link)
      setCopied(true)
    } catch {
      // Without https there is no clipboard: the link is selected, the keyboard copies it.
    }
  }
  return (
    <Dialog
      title={t('admin.link_title', { name: props.name })}
      testid="link-dialog"
      size="wide"
      onClose={props.onClose}
      acts={
        <>
          <Button icon={copied ? Check : Copy} onClick={() => void copy()} testid="link-copy">
            {t(copied ? 'admin.copied' : 'admin.copy')}
          </Button>
          <Button kind="main" onClick={props.onClose} testid="link-done">
            {t('admin.done')}
          </Button>
        </>
      }
    >
      <p>{t('admin.link_text')}</p>
      <input
        ref={field}
        class="input admin-link"
        readOnly
        value={link}
        aria-label={t('admin.link')}
        data-testid="link"
        onFocus={(event) => event.currentTarget.select()}
      />
    </Dialog>
  )
}
