/** One short line at a time at the bottom of the page; errors stay until they are closed. */
import { signal } from '@preact/signals'
import { CircleAlert, CircleCheck, X } from 'lucide-preact'
import { useEffect } from 'preact/hooks'
import { known, t } from '../../i18n'
import { Button } from './Button'

const SHOWN_MS = 8000

export interface ToastLine {
  id: number
  tone: 'good' | 'error'
  text: () => string
}

export const shown = signal<ToastLine | null>(null)
let next = 1

/** Says it; a function, so that it follows the language. */
export function toast(text: () => string, tone: ToastLine['tone'] = 'good'): void {
  shown.value = { id: next++, tone, text }
}

/** The words for an error code; an unknown one is an internal error. */
export function errorWords(code: string | null | undefined): string {
  const key = `error.${code ?? 'internal'}`
  return t(known(key) ? key : 'error.internal')
}

export function toastError(code: string): void {
  toast(() => errorWords(code), 'error')
}

export function Toasts() {
  const line = shown.value
  useEffect(() => {
    if (!line || line.tone === 'error') return
    const timer = setTimeout(() => {
      if (shown.value?.id === line.id) shown.value = null
    }, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [line?.id])
  return (
    <div class="toasts" aria-live={line?.tone === 'error' ? 'assertive' : 'polite'}>
      {line && (
        <div class="toast" key={line.id} data-testid="toast">
          {line.tone === 'error' ? (
            <CircleAlert class="icon" size={20} aria-hidden="true" />
          ) : (
            <CircleCheck class="icon" size={20} aria-hidden="true" />
          )}
          <p>{line.text()}</p>
          <Button
            kind="quiet"
            iconOnly
            icon={X}
            label={t('act.close')}
            onClick={() => (shown.value = null)}
          />
        </div>
      )}
    </div>
  )
}
