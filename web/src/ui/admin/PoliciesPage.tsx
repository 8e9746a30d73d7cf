/** The chain's rules in plain sentences; each change counts as soon as it is made. */
import { Scale } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { ArchiveRules, KeptPolicies, Policies } from '../../contract'
import { t } from '../../i18n'
import { act } from '../act'
import { useModel } from '../model'
import { toast } from '../parts/Toasts'
import { Choice, Frame, Listed } from './Frame'
import { useLoaded } from './useLoaded'

const RECORDED = ['always', 'experts', 'never'] as const
const IDLE_MIN = [2, 5, 10, 15, 30, 60] as const
/** What makes sense for each: only a store has a region around it, and the chain's roles reach it anyhow. */
const SEEN: Record<keyof ArchiveRules, readonly ArchiveRules['store'][]> = {
  store: ['own', 'place', 'region', 'chain'],
  store_manager: ['own', 'place', 'region', 'chain'],
  manager: ['own', 'place', 'chain'],
  expert: ['own', 'place'],
  trainer: ['own', 'place'],
  operations: ['own', 'place'],
  auditor: ['own', 'place'],
}

export function PoliciesPage() {
  const model = useModel()
  const loaded = useLoaded(useCallback(() => model.policies.get(), [model]))
  return (
    <Frame>
      <p class="second">{t('policies.lead')}</p>
      <Listed loaded={loaded} icon={Scale} empty={false}>
        {loaded.value && <Rules saved={loaded.value} onOvertaken={loaded.reload} />}
      </Listed>
    </Frame>
  )
}

const same = (one: Policies, other: Policies): boolean => JSON.stringify(one) === JSON.stringify(other)

function Rules(props: { saved: KeptPolicies; onOvertaken: () => void }) {
  const model = useModel()
  // As changed here; none: as they were read.
  const [changed, setChanged] = useState<KeptPolicies | null>(null)
  const { tag, ...rules } = changed ?? props.saved
  const [busy, setBusy] = useState(false)
  const readAgain = (): void => {
    setChanged(null)
    props.onOvertaken()
  }
  const set = async (change: Partial<Policies>): Promise<void> => {
    const next = { ...rules, ...change }
    setChanged({ ...next, tag })
    setBusy(true)
    const done = await act(model.policies.set(next, tag).then(setChanged), {
      precondition: 'policies.overtaken',
    })
    setBusy(false)
    if (done) toast(() => t('policies.saved'), 'good')
    else readAgain()
  }
  // Every browser is told when somebody sets other ones.
  const told = model.me.value?.policies
  useEffect(() => {
    if (told && !busy && !same(told, rules)) readAgain()
  }, [told])
  const idle = [...new Set([...IDLE_MIN, rules.pin_idle_min])].sort((one, other) => one - other)
  return (
    <div class="policies" data-testid="policies">
      <Group title={t('policies.calls')}>
        <Switch
          rule="stores_call"
          on={rules.stores_call}
          busy={busy}
          onChange={(stores_call) => set({ stores_call })}
        />
        <Switch
          rule="headquarters_calls"
          on={rules.headquarters_calls}
          busy={busy}
          onChange={(headquarters_calls) => set({ headquarters_calls })}
        />
        <Switch
          rule="colleagues_call"
          on={rules.colleagues_call}
          busy={busy}
          onChange={(colleagues_call) => set({ colleagues_call })}
        />
        <Switch rule="guests" on={rules.guests} busy={busy} onChange={(guests) => set({ guests })} />
      </Group>
      <Group title={t('policies.recordings')}>
        <Choice
          label={t('policies.recorded')}
          value={rules.recorded}
          options={RECORDED.map((value) => ({ value, word: t(`policies.recorded_as.${value}`) }))}
          onChange={(value) => void set({ recorded: value as Policies['recorded'] })}
          disabled={busy}
          testid="policy-recorded"
        />
      </Group>
      <Group title={t('policies.archive')} text={t('policies.archive_text')}>
        <div class="policies-roles">
          {(Object.keys(SEEN) as (keyof ArchiveRules)[]).map((role) => (
            <Choice
              key={role}
              label={role === 'store' ? t('roles.store') : t(`admin.roles.${role}`)}
              value={rules.archive[role]}
              options={SEEN[role].map((value) => ({ value, word: t(`policies.seen.${value}`) }))}
              onChange={(value) =>
                void set({ archive: { ...rules.archive, [role]: value as ArchiveRules['store'] } })
              }
              disabled={busy}
              testid={`policy-archive-${role}`}
            />
          ))}
        </div>
      </Group>
      <Group title={t('policies.tablets')}>
        <Choice
          label={t('policies.pin_idle')}
          value={String(rules.pin_idle_min)}
          options={idle.map((min) => ({ value: String(min), word: t('policies.minutes', { count: min }) }))}
          onChange={(value) => void set({ pin_idle_min: Number(value) })}
          disabled={busy}
          testid="policy-pin-idle"
        />
      </Group>
    </div>
  )
}

function Group(props: { title: string; text?: string; children: ComponentChildren }) {
  return (
    <section class="card policies-group">
      <h2>{props.title}</h2>
      {props.text && <p class="second">{props.text}</p>}
      {props.children}
    </section>
  )
}

function Switch(props: {
  rule: 'stores_call' | 'headquarters_calls' | 'colleagues_call' | 'guests'
  on: boolean
  busy: boolean
  onChange: (on: boolean) => Promise<void>
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.on}
        disabled={props.busy}
        data-testid={`policy-${props.rule}`}
        onChange={(event) => void props.onChange(event.currentTarget.checked)}
      />
      <span>
        {t(`policies.${props.rule}`)}
        <span class="caption policies-off">{t(`policies.${props.rule}_off`)}</span>
      </span>
    </label>
  )
}
