/** What is known of one machine, and what happened with it before. */
import { ShieldCheck, ShieldX } from 'lucide-preact'
import { useCallback } from 'preact/hooks'
import type { Machine } from '../../contract'
import { nameOf, t } from '../../i18n'
import { codeShown, warrantyOf } from '../../model/warranty'
import { useLoaded } from '../admin/useLoaded'
import { Line } from '../archive/RecentCalls'
import { isPlayable } from '../archive/words'
import { useModel } from '../model'
import { Chip } from '../parts/Chip'
import { ErrorBox, Loading } from '../parts/State'
import { errorWords } from '../parts/Toasts'

const SHOWN = 3

/** How long it is covered, or since when not. */
export function WarrantyChip(props: { machine: Machine }) {
  const now = useModel().tick.value
  const day = props.machine.warranty_until
  const state = warrantyOf(day, now)
  if (state === 'unknown') return <Chip testid="warranty">{t('equipment.warranty_unknown')}</Chip>
  return (
    <Chip
      tone={state === 'covered' ? 'good' : 'warn'}
      icon={state === 'covered' ? ShieldCheck : ShieldX}
      testid="warranty"
    >
      {t(state === 'covered' ? 'equipment.covered' : 'equipment.over', { day: day ?? '' })}
    </Chip>
  )
}

/** Make, model, serial number, and whatever else is known. */
export function MachineFacts(props: { machine: Machine }) {
  const { machine } = props
  const facts: [string, string | null | undefined][] = [
    [t('equipment.make'), machine.make],
    [t('equipment.model'), machine.model],
    [t('equipment.serial'), machine.serial],
    [t('equipment.installed_on'), machine.installed_on],
    [t('equipment.note'), machine.note],
    [t('equipment.code'), codeShown(machine.code)],
  ]
  return (
    <div class="machine-facts" data-testid="machine-facts">
      <WarrantyChip machine={machine} />
      <dl>
        {facts.map(
          ([word, value]) =>
            value && (
              <div key={word}>
                <dt class="caption">{word}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </div>
  )
}

/** The last calls about it, of those that the reader may see; the newest one with a recording always among them. */
export function MachineCalls(props: { machine: Machine; apart?: boolean }) {
  const model = useModel()
  const { id } = props.machine
  const { value, problem, reload } = useLoaded(
    useCallback(async () => (await model.archive.list(undefined, id)).entries, [model, id]),
  )
  if (problem) return <ErrorBox title={t('archive.broken')} text={errorWords(problem)} onRetry={reload} />
  if (value === null) return <Loading rows={2} />
  const recorded = value.find(isPlayable)
  const lately = value.slice(0, SHOWN)
  const shown = recorded && !lately.includes(recorded) ? [...lately.slice(0, SHOWN - 1), recorded] : lately
  return (
    <section class="machine-calls" aria-label={t('equipment.calls')} data-testid="machine-calls">
      <h3 class="legend">{t('equipment.calls')}</h3>
      {shown.length === 0 ? (
        <p class="second">{t('equipment.no_calls')}</p>
      ) : (
        <div class="card row-list">
          {shown.map((entry) => (
            <Line
              key={entry.room}
              entry={entry}
              now={model.tick.value}
              me={model.me.value?.person.id ?? ''}
              atStore
              apart={props.apart}
            />
          ))}
        </div>
      )}
    </section>
  )
}

/** 双缸炸炉 · Henny Penny OFE-322, in one line. */
export function MachineLine(props: { machine: Machine }) {
  const { machine } = props
  return (
    <span class="dots" data-testid="machine">
      <span>{nameOf(machine.name)}</span>
      <span>
        {machine.make} {machine.model}
      </span>
    </span>
  )
}
