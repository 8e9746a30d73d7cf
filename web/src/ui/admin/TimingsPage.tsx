/** How quick the stages of calls were: p50 and p95 by week, region or store. */
import { Download, Gauge, X } from 'lucide-preact'
import { useCallback, useState } from 'preact/hooks'
import type { Spread, Store, TimingLine, TimingsBy } from '../../contract'
import { nameOf, t } from '../../i18n'
import type { TimingsWish } from '../../model/timings'
import { brief, day } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import type { Stage } from '../summary/stages'
import { Choice, Frame, Listed } from './Frame'
import { useLoaded } from './useLoaded'

const STAGES: readonly Stage[] = ['ring', 'answer', 'connected', 'first_frame', 'first_audio']
const BY: readonly TimingsBy[] = ['week', 'region', 'store']
const WEEKS = [4, 12, 26, 53] as const
const USUAL: TimingsWish = { by: 'week', weeks: 12, week: '', region: '', store: '' }

/** The Monday of an ISO 8601 week as this device's clocks have it, UTC ms: 4 January is always in the first one. */
export function mondayOf(week: string): number {
  const [year, number] = week.split('-W').map(Number)
  const fourth = new Date(year!, 0, 4)
  return new Date(year!, 0, 4 - ((fourth.getDay() + 6) % 7) + 7 * (number! - 1)).getTime()
}

const weekWords = (week: string): string => t('timings.week_of', { week, day: day(mondayOf(week)) })

function Cell(props: { spread: Spread | null; calls: number }) {
  const { spread, calls } = props
  if (!spread) return <td class="second">{t('figures.hole')}</td>
  return (
    <td class="num">
      <strong>{brief(spread.p50_ms)}</strong>
      <p class="second dots">
        <span>{brief(spread.p95_ms)}</span>
        {spread.count < calls && <span>{t('timings.of', { count: spread.count })}</span>}
      </p>
    </td>
  )
}

function Place(props: { line: TimingLine; onStore: (store: Store) => void }) {
  const { week, region, store } = props.line
  if (store)
    return (
      <>
        <a
          class="btn"
          data-kind="link"
          href={`/admin/stores?sought=${encodeURIComponent(store.number)}`}
          data-testid="to-store"
        >
          {nameOf(store.name)}
        </a>
        <p class="second num">{store.number}</p>
        <Button kind="link" testid="by-week" onClick={() => props.onStore(store)}>
          {t('timings.its_weeks')}
        </Button>
      </>
    )
  return <strong>{week ? weekWords(week) : nameOf(region?.name)}</strong>
}

/** The slowest of the chosen stage first. */
function slowest(lines: readonly TimingLine[], stage: Stage): TimingLine[] {
  const of = (line: TimingLine): number => line.stages[stage]?.p95_ms ?? -1
  return [...lines].sort((one, other) => of(other) - of(one))
}

export function TimingsPage() {
  const model = useModel()
  const [wish, setWish] = useState(USUAL)
  const [store, setStore] = useState<Store | null>(null)
  const [stage, setStage] = useState<Stage>('first_frame')
  const loaded = useLoaded(useCallback(() => model.timings.list(wish), [model, wish]))
  const found = loaded.value
  const choose = (part: Partial<TimingsWish>): void => setWish({ ...wish, ...part })
  const showStore = (chosen: Store | null): void => {
    setStore(chosen)
    choose(chosen ? { by: 'week', week: '', store: chosen.id } : { by: 'store', store: '' })
  }
  // What was asked before stays while it is asked again: its lines say by what they are told apart.
  const ordered = found?.lines.some((line) => line.week === null) ?? false
  const lines = ordered ? slowest(found?.lines ?? [], stage) : (found?.lines ?? [])

  return (
    <Frame
      acts={
        <a
          class="btn"
          data-kind="plain"
          href={model.timings.exportUrl(wish)}
          download
          data-testid="timings-export"
        >
          <Download class="icon" size={18} aria-hidden="true" />
          <span>{t('timings.download')}</span>
        </a>
      }
    >
      <p class="second">{t('timings.lead')}</p>
      <div class="admin-sought" role="search" aria-label={t('admin.timings')}>
        <Choice
          label={t('timings.by')}
          value={wish.by}
          options={BY.map((by) => ({ value: by, word: t(`timings.by_${by}`) }))}
          onChange={(by) => {
            setStore(null)
            choose({ by: by as TimingsBy, week: '', store: '' })
          }}
          testid="timings-by"
        />
        <Choice
          label={t('timings.period')}
          value={String(wish.weeks)}
          options={WEEKS.map((count) => ({ value: String(count), word: t('timings.weeks', { count }) }))}
          onChange={(weeks) => choose({ weeks: Number(weeks), week: '' })}
          testid="timings-weeks"
        />
        <Choice
          label={t('timings.by_week')}
          value={wish.week}
          any={t('admin.any')}
          disabled={wish.by === 'week'}
          options={(found?.weeks ?? []).map((week) => ({ value: week, word: weekWords(week) }))}
          onChange={(week) => choose({ week })}
          testid="timings-week"
        />
        <Choice
          label={t('admin.region')}
          value={wish.region}
          any={t('admin.any')}
          disabled={store !== null}
          options={(found?.regions ?? []).map((one) => ({ value: one.id, word: nameOf(one.name) }))}
          onChange={(region) => choose({ region })}
          testid="timings-region"
        />
      </div>
      {store && (
        <Button icon={X} onClick={() => showStore(null)} testid="timings-all-stores">
          {t('timings.only_store', { store: nameOf(store.name) })}
        </Button>
      )}
      <Listed loaded={loaded} icon={Gauge} empty={found?.lines.length === 0 && t('timings.none')}>
        <div class="admin-scroll" tabIndex={0} role="region" aria-label={t('admin.timings')}>
          <table class="admin-table timings-table" data-testid="timings-table">
            <thead>
              <tr>
                <th scope="col">{t(`timings.by_${wish.by}`)}</th>
                <th scope="col">{t('timings.calls')}</th>
                {STAGES.map((one) => (
                  <th key={one} scope="col" aria-sort={ordered && one === stage ? 'descending' : undefined}>
                    {ordered ? (
                      <button
                        type="button"
                        class="timings-sort"
                        data-testid={`sort-${one}`}
                        onClick={() => setStage(one)}
                      >
                        {t(`timings.${one}`)}
                        {one === stage && <span aria-hidden="true"> ↓</span>}
                      </button>
                    ) : (
                      t(`timings.${one}`)
                    )}
                    <p class="timings-from">{t(`timings.${one}_from`)}</p>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={line.week ?? line.region?.id ?? line.store?.id} data-testid="timings-row">
                  <td>
                    <Place line={line} onStore={showStore} />
                  </td>
                  <td class="num">{line.calls}</td>
                  {STAGES.map((one) => (
                    <Cell key={one} spread={line.stages[one]} calls={line.calls} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {found !== null && found.left_out > 0 && (
          <p class="second">{t('timings.left_out', { count: found.left_out })}</p>
        )}
      </Listed>
    </Frame>
  )
}
