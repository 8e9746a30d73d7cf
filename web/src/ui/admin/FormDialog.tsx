/** The frame of a dialog that adds or changes one thing: its form, what was refused, and the two buttons. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState, type Dispatch, type StateUpdater } from 'preact/hooks'
import { t } from '../../i18n'
import { Refusal } from '../../model/api'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Problem } from '../parts/Problem'

export interface Saving {
  busy: boolean
  /** Why it was refused, in words. */
  problem: string | null
  setProblem: (words: string | null) => void
  /** Carries out one wish at a time; what is refused becomes words. */
  carryOut: (wish: () => Promise<void>) => Promise<void>
}

/**
 * What a form was opened with: saved under its tags, it undoes nothing unseen, whatever its page reads meanwhile. Once
 * it was refused for that, the second value adopts what is read next: saved again it replaces that, knowingly. The third
 * holds what was saved of it here.
 */
export function useHeld<T>(now: T): [T, () => void, Dispatch<StateUpdater<T>>] {
  const [held, setHeld] = useState(now)
  const adopting = useRef(false)
  useEffect(() => {
    if (adopting.current) setHeld(now)
    adopting.current = false
  }, [now])
  return [held, () => (adopting.current = true), setHeld]
}

/** `words`: why a wish was refused, or null where the form says it elsewhere. `onOvertaken`: somebody else was quicker. */
export function useSaving(
  words: (refused: Refusal) => string | null,
  onOvertaken: () => void = () => undefined,
): Saving {
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const carryOut = async (wish: () => Promise<void>): Promise<void> => {
    if (busy) return
    setBusy(true)
    setProblem(null)
    try {
      await wish()
    } catch (reason) {
      const refusal = reason instanceof Refusal ? reason : new Refusal('internal')
      if (refusal.code === 'precondition') onOvertaken()
      setProblem(refusal.code === 'precondition' ? t('admin.overtaken') : words(refusal))
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, setProblem, carryOut }
}

export function FormDialog(props: {
  title: string
  /** What test ids begin with. */
  thing: string
  saving: Saving
  /** The word of the main button. */
  verb: string
  onSave: () => void
  onClose: () => void
  /** Other things that can be done, left of the two buttons. */
  acts?: ComponentChildren
  /** Beneath the form. */
  below?: ComponentChildren
  children: ComponentChildren
}) {
  const { thing, saving } = props
  return (
    <Dialog
      title={props.title}
      testid={`${thing}-dialog`}
      size="wide"
      onClose={() => saving.busy || props.onClose()}
      acts={
        <>
          {props.acts}
          <Button onClick={props.onClose} disabled={saving.busy} testid={`${thing}-cancel`}>
            {t('act.cancel')}
          </Button>
          <Button
            kind="main"
            busy={saving.busy && t('admin.busy')}
            onClick={props.onSave}
            testid={`${thing}-save`}
          >
            {props.verb}
          </Button>
        </>
      }
    >
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault()
          props.onSave()
        }}
      >
        {props.children}
        {saving.problem && <Problem testid={`${thing}-problem`}>{saving.problem}</Problem>}
        <button type="submit" hidden>
          {props.verb}
        </button>
      </form>
      {props.below}
    </Dialog>
  )
}
