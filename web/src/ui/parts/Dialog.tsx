/** A native dialog: one question, two verbs; closes with Escape, if its owner lets it, and gives the focus back. */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

export interface DialogProps {
  title: string
  size?: 'wide' | 'picture'
  onClose: () => void
  /** Buttons, the main act last. */
  acts?: ComponentChildren
  /** Stands right of the title, e.g. a close button. */
  aside?: ComponentChildren
  testid?: string
  children?: ComponentChildren
}

export function Dialog(props: DialogProps) {
  const box = useRef<HTMLDialogElement>(null)
  const title = useId()
  useEffect(() => {
    const dialog = box.current
    const opener = document.activeElement
    if (dialog && !dialog.open) dialog.showModal()
    return () => {
      if (dialog?.open) dialog.close()
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  return (
    <dialog
      ref={box}
      class="dialog"
      data-size={props.size}
      data-testid={props.testid}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault()
        props.onClose()
      }}
      onClose={() => {
        // The second Escape closes it whatever is said; it stays while its owner keeps it.
        if (box.current?.isConnected) box.current.showModal()
      }}
    >
      <div class="dialog-head">
        <h2 id={title}>{props.title}</h2>
        {props.aside}
      </div>
      {props.children && <div class="dialog-body">{props.children}</div>}
      {props.acts && <div class="dialog-acts">{props.acts}</div>}
    </dialog>
  )
}
