/** A button that asks once more before it does what is not easily undone; the way back needs no question. */
import type { LucideIcon } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { act } from '../act'
import { Button } from '../parts/Button'

export function Twice(props: {
  icon: LucideIcon
  word: string
  /** Once it was pressed; none: it is done at the first press. */
  sure?: string
  testid: string
  wish: () => Promise<unknown>
  onDone: () => void
}) {
  const [asked, setAsked] = useState(false)
  const [busy, setBusy] = useState(false)
  const press = async (): Promise<void> => {
    if (props.sure && !asked) return setAsked(true)
    setBusy(true)
    const done = await act(props.wish())
    setBusy(false)
    if (!done) return
    setAsked(false)
    props.onDone()
  }
  return (
    <Button
      kind={asked ? 'danger' : 'plain'}
      icon={props.icon}
      busy={busy && t('admin.busy')}
      onClick={(event) => {
        if (event.detail < 2) void press() // the second click of two is no answer to the question
      }}
      testid={props.testid}
    >
      {asked && props.sure ? props.sure : props.word}
    </Button>
  )
}
