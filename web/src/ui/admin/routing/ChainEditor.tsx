/** The steps that a call goes through, for each reason: edited here, kept until they are saved together. */
import { CopyX, ListPlus, PhoneIncoming, Plus, Save, Trash2, Undo2 } from 'lucide-preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Chains, PersonId, RingStep, Routing } from '../../../contract'
import { t } from '../../../i18n'
import { Refusal } from '../../../model/api'
import { useModel } from '../../model'
import { Button } from '../../parts/Button'
import { Field } from '../../parts/Field'
import { Problem } from '../../parts/Problem'
import { errorWords, toast } from '../../parts/Toasts'
import { StepRow } from './StepRow'
import {
  CHAINS,
  MOST_STEPS,
  added,
  changed,
  moved,
  reasonOf,
  refusedAt,
  removed,
  says,
  wrongIn,
  type ChainName,
  type Wrong,
} from './chains'
import { useChains } from './useChains'

export function ChainEditor(props: { routing: Routing; me: PersonId; onSaved: () => void }) {
  const model = useModel()
  const { chains: saved, usual } = props.routing
  const draft = useChains(props.me, saved)
  const { chains } = draft
  const [shown, setShown] = useState<ChainName>('usual')
  const [wrong, setWrong] = useState<readonly Wrong[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState('')
  const list = useRef<HTMLOListElement>(null)
  const own = chains[shown] ?? null
  const steps = own ?? (shown === 'usual' ? usual : null)

  const set = (next: Chains, field?: string): void => {
    setWrong([])
    setProblem(null)
    draft.set(next, field)
  }
  const setSteps = (next: readonly RingStep[] | null, field?: string): void =>
    set({ ...chains, [shown]: next && [...next] }, field)
  const move = (at: number, to: number): void => {
    if (!steps || to < 0 || to >= steps.length) return
    setSteps(moved(steps, at, to))
    setSaid(t('routing.was_moved', { from: at + 1, to: to + 1 }))
    // The step keeps the focus where it stands now, on a button that still does something.
    requestAnimationFrame(() => {
      const row = list.current?.children[to]
      const again = to < at ? ['up', 'down'] : ['down', 'up']
      const buttons = again.map((way) => row?.querySelector<HTMLButtonElement>(`[data-testid$=-${way}]`))
      buttons.find((button) => button && !button.disabled)?.focus()
    })
  }
  useLayoutEffect(() => {
    const rows = list.current
    // Anywhere in a step Alt and an arrow move it; but a list of choices opens by them.
    const onKey = (event: KeyboardEvent): void => {
      const way = { ArrowUp: -1, ArrowDown: 1 }[event.key]
      if (!event.altKey || !way || !(event.target instanceof Element) || event.target.matches('select'))
        return
      const row = event.target.closest('.routing-step')
      if (!rows || !row) return
      event.preventDefault()
      const at = [...rows.children].indexOf(row)
      move(at, at + way)
    }
    rows?.addEventListener('keydown', onKey)
    return () => rows?.removeEventListener('keydown', onKey)
  })
  const show = (found: readonly Wrong[]): void => {
    setWrong(found)
    const first = found.find((one) => one.chain)
    if (first?.chain && !found.some((one) => one.chain === shown)) setShown(first.chain)
  }
  const save = async (): Promise<void> => {
    if (busy) return
    const found = wrongIn(chains)
    show(found)
    if (found.length > 0) return
    setBusy(true)
    setProblem(null)
    try {
      await model.routing.setChains(chains, props.routing.tag)
      props.onSaved()
      draft.drop()
      toast(() => t('routing.saved'))
    } catch (reason) {
      const refused = reason instanceof Refusal ? reason : new Refusal('internal')
      const at = refused.code === 'bad_message' ? refusedAt(refused.detail) : null
      if (at?.field) show([at])
      else if (refused.code === 'precondition') {
        // What was made here stays; saved again it replaces, knowingly, what is read now.
        setProblem(t('routing.overtaken'))
        props.onSaved()
      } else setProblem(errorWords(refused.code))
    } finally {
      setBusy(false)
    }
  }
  const at = (step: number | null, field: Wrong['field']): string | undefined =>
    wrong.find((one) => one.field === field && one.step === step && (one.chain ?? shown) === shown)?.words

  return (
    <section class="card routing-chains" aria-label={t('routing.chains')}>
      <div class="routing-head">
        <h2>{t('routing.chains')}</h2>
        <div class="segmented" role="group" aria-label={t('routing.for_reason')}>
          {CHAINS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === shown}
              data-testid={`chain-${one}`}
              onClick={() => setShown(one)}
            >
              {t(one === 'usual' ? 'routing.usual' : `reason.${one}`)}
              {wrong.some((bad) => bad.chain === one) && (
                <span class="dot" data-tone="busy" role="img" aria-label={t('routing.has_wrong')} />
              )}
            </button>
          ))}
        </div>
      </div>
      <p class="second">
        {shown === 'usual'
          ? t('routing.usual_text')
          : t('routing.reason_text', { reason: t(`reason.${shown}`) })}
      </p>
      {steps === null ? (
        <div class="routing-same">
          <p>{t('routing.as_usual')}</p>
          <Button icon={ListPlus} onClick={() => setSteps(chains.usual ?? usual)} testid="chain-own">
            {t('routing.make_own')}
          </Button>
        </div>
      ) : (
        <>
          <ol class="routing-steps row-list" ref={list}>
            {steps.map((step, number) => (
              <StepRow
                key={number}
                step={step}
                number={number}
                of={steps.length}
                reason={reasonOf(shown)}
                error={at(number, 'ring_ms')}
                onChange={(part) =>
                  setSteps(
                    changed(steps, number, part),
                    part.ring_ms === undefined ? undefined : `${shown}.${number}`,
                  )
                }
                onMove={(to) => move(number, to)}
                onRemove={() => {
                  setSteps(removed(steps, number))
                  setSaid(t('routing.was_removed', { n: number + 1 }))
                }}
              />
            ))}
            <li class="routing-last" data-testid="chain-end">
              <PhoneIncoming class="icon" size={20} aria-hidden="true" />
              <div>
                <strong>{t('routing.nobody')}</strong>
                <p class="second">{t('routing.nobody_text')}</p>
              </div>
            </li>
          </ol>
          {at(null, 'steps') && <Problem>{at(null, 'steps')}</Problem>}
          <div class="routing-acts">
            <Button
              icon={Plus}
              disabled={steps.length >= MOST_STEPS}
              title={steps.length >= MOST_STEPS ? t('routing.most_steps', { count: MOST_STEPS }) : undefined}
              onClick={() => setSteps(added(steps))}
              testid="step-add"
            >
              {t('routing.add_step')}
            </Button>
            {shown !== 'usual' && (
              <Button kind="quiet" icon={CopyX} onClick={() => setSteps(null)} testid="chain-as-usual">
                {t('routing.back_to_usual')}
              </Button>
            )}
          </div>
        </>
      )}
      <p class="routing-says" data-testid="chain-says">
        {says(shown, steps ?? chains.usual ?? usual)}
      </p>
      <div class="routing-once">
        <Field
          label={t('routing.at_once')}
          type="number"
          value={Number.isNaN(chains.at_once) ? '' : String(chains.at_once)}
          onInput={(text) => set({ ...chains, at_once: text === '' ? NaN : Number(text) }, 'at_once')}
          hint={t('routing.at_once_text')}
          error={at(null, 'at_once')}
          testid="at-once"
        />
      </div>
      <p class="sr" role="status">
        {said}
      </p>
      {(draft.unsaved || problem) && (
        <div class="routing-bar" role="region" aria-label={t('routing.unsaved')} data-testid="unsaved">
          <p role="status">
            {problem ??
              (wrong.length > 0
                ? t('routing.to_mend', { count: wrong.length })
                : t(draft.overtaken ? 'routing.overtaken' : 'routing.unsaved'))}
          </p>
          <Button kind="quiet" icon={Undo2} onClick={draft.undo} testid="chain-undo">
            {t('routing.undo')}
          </Button>
          <Button kind="quiet" icon={Trash2} onClick={draft.drop} testid="chain-drop">
            {t('routing.drop')}
          </Button>
          <Button
            kind="main"
            icon={Save}
            busy={busy && t('admin.busy')}
            onClick={() => void save()}
            testid="chain-save"
          >
            {t('admin.save')}
          </Button>
        </div>
      )}
    </section>
  )
}
