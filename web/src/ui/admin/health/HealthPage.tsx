/** Stores that will fail tomorrow, the worst first, with what to do; and when tablets look at themselves. */
import { CircleCheck, Search } from 'lucide-preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { ChainHealth, StoreHealth } from '../../../contract'
import { nameOf, t } from '../../../i18n'
import { matches } from '../../../model/pinyin'
import { holdsWhole } from '../../../model/roles'
import { useModel } from '../../model'
import { Empty } from '../../parts/State'
import { Choice, Frame, Listed, Sought } from '../Frame'
import { useLoaded } from '../useLoaded'
import { regionName } from '../words'
import { TabletLine } from './TabletLine'
import { WindowForm } from './WindowForm'

const DAY_MS = 86_400_000

/** Of the filter by the last report. */
function reportedIn(store: StoreHealth, last: string, now: number): boolean {
  if (!last) return true
  const at = Math.min(...store.tablets.map((line) => line.test?.at ?? 0))
  return now - at < DAY_MS === (last === 'day')
}

/** Of whom nothing is known it is not said that they will fail, nor that they will not. */
function lead(health: ChainHealth): string {
  if (health.failing > 0) return t('health.failing', { count: health.failing })
  if (health.untested > 0) return t('health.untested', { count: health.untested })
  return t(health.stores.some((one) => one.fate === 'weak') ? 'health.weak_only' : 'health.none')
}

export function HealthPage() {
  const model = useModel()
  const [scope, setScope] = useState<'findings' | 'all'>('findings')
  const loaded = useLoaded(useCallback(() => model.health.get(scope === 'all'), [model, scope]))
  const told = model.health.told.value
  useEffect(() => {
    if (told && !told.abandoned) loaded.reload()
  }, [told])
  return (
    <Frame>
      <Listed loaded={loaded} icon={CircleCheck} empty={false}>
        {loaded.value && (
          <Found health={loaded.value} scope={scope} onScope={setScope} onSaved={loaded.reload} />
        )}
      </Listed>
    </Frame>
  )
}

function Found(props: {
  health: ChainHealth
  scope: 'findings' | 'all'
  onScope: (scope: 'findings' | 'all') => void
  onSaved: () => void
}) {
  const model = useModel()
  const { health, scope } = props
  const [query, setQuery] = useState('')
  const [region, setRegion] = useState('')
  const [last, setLast] = useState('')
  const now = model.tick.value
  const shown = health.stores.filter(
    (one) =>
      (!region || one.store.region === region) &&
      reportedIn(one, last, now) &&
      matches(query, [
        one.store.number,
        one.store.name.zh,
        one.store.name.en,
        ...one.tablets.map((line) => line.name),
      ]),
  )
  return (
    <>
      {health.tablets > 0 && (
        <section class="health-lead" data-testid="health-lead" data-failing={health.failing}>
          <h2>{lead(health)}</h2>
          {health.failing > 0 && health.untested > 0 && (
            <p class="second num" data-testid="health-untested">
              {t('health.untested', { count: health.untested })}
            </p>
          )}
          <p class="second num">{t('health.passed', { passed: health.passed, count: health.tablets })}</p>
        </section>
      )}
      <Sought
        label={t('health.search')}
        example={t('health.search_example')}
        value={query}
        onInput={setQuery}
        shown={shown.length}
        all={health.stores.length + health.left_out}
      >
        <Choice
          label={t('admin.region')}
          value={region}
          any={t('admin.any')}
          options={health.regions.map((one) => ({ value: one.id, word: nameOf(one.name) }))}
          onChange={setRegion}
          testid="health-region"
        />
        <Choice
          label={t('health.last')}
          value={last}
          any={t('admin.any')}
          options={(['day', 'longer'] as const).map((value) => ({ value, word: t(`health.last_${value}`) }))}
          onChange={setLast}
          testid="health-last"
        />
        <Choice
          label={t('health.show')}
          value={scope}
          options={(['findings', 'all'] as const).map((value) => ({
            value,
            word: t(`health.show_${value}`),
          }))}
          onChange={(value) => props.onScope(value === 'all' ? 'all' : 'findings')}
          testid="health-show"
        />
      </Sought>
      {health.stores.length > 0 && shown.length === 0 && (
        <div class="card" data-testid="health-nothing">
          <Empty icon={Search} title={t('archive.none_found')} text={t('archive.none_found_text')} />
        </div>
      )}
      {health.stores.length === 0 ? (
        <div class="card" data-testid="health-empty">
          <Empty
            icon={CircleCheck}
            title={
              health.tablets === 0
                ? t('health.no_tablet')
                : health.passed === health.tablets
                  ? t('health.all_passed', { count: health.passed })
                  : t('health.only_new', { count: health.tablets - health.passed })
            }
          />
        </div>
      ) : (
        shown.map(({ store, tablets, fate }) => (
          <section
            key={store.id}
            class="card health-store"
            data-fate={fate}
            data-testid={`health-store-${store.number}`}
            aria-label={`${store.number} ${nameOf(store.name)}`}
          >
            <header class="health-store-head">
              <h2>
                <span class="num">{store.number}</span> {nameOf(store.name)}
              </h2>
              <p class="second">{regionName([...health.regions], store.region)}</p>
            </header>
            <ul>
              {tablets.map((line) => (
                <TabletLine key={line.tablet} line={line} now={now} />
              ))}
            </ul>
          </section>
        ))
      )}
      {health.left_out > 0 && <p class="second">{t('health.left_out', { count: health.left_out })}</p>}
      {holdsWhole(model.me.value, ['admin']) && (
        <section class="card health-night">
          <h2>{t('health.window')}</h2>
          <WindowForm
            key={`${health.window.from_min}-${health.window.to_min}`}
            window={health.window}
            onSaved={props.onSaved}
          />
        </section>
      )}
    </>
  )
}
