/** Which devices ring and which do not: the least reliable first, and in plain words what to do about each. */
import { BellRing } from 'lucide-preact'
import { useCallback, useState } from 'preact/hooks'
import type { RingRate } from '../../contract'
import { nameOf, t } from '../../i18n'
import { brief, when } from '../format'
import { useModel } from '../model'
import { Chip } from '../parts/Chip'
import { Choice, Frame, Listed } from './Frame'
import { Table } from './Table'
import { useLoaded } from './useLoaded'

const DAYS = [7, 30] as const
/** From here on nothing need be done. */
const GOOD = 0.95

/** Of a tablet what the administrators call it, else something that tells two browsers apart. */
export function deviceWords(one: { name: string | null; device: string }): string {
  if (one.name) return one.name
  return one.device ? t('rings.browser', { id: one.device.slice(-4) }) : t('rings.no_device')
}

/** What keeps it from ringing, what is worst first. */
export function adviceOf(one: RingRate): string[] {
  const found: string[] = []
  if (!one.device) return [t('rings.do_connect', { count: one.sent })]
  if (one.not_reached) found.push(t('rings.do_reach', { count: one.not_reached }))
  if (one.late) found.push(t('rings.do_late', { count: one.late }))
  if (one.hidden) found.push(t('rings.do_hidden', { count: one.hidden }))
  if (one.silent) found.push(t('rings.do_silent', { count: one.silent }))
  return found
}

function Line(props: { one: RingRate; now: number }) {
  const { one } = props
  const rate = one.shown / one.sent
  const advice = adviceOf(one)
  return (
    <tr data-testid="ring-row">
      <td>
        <strong>{nameOf(one.who.store?.name ?? one.who.name)}</strong>
        <p class="second">{deviceWords(one)}</p>
        {one.pushed > 0 && <p class="second">{t('rings.by_push', { count: one.pushed })}</p>}
      </td>
      <td>
        <Chip tone={rate >= GOOD ? 'good' : rate >= 0.5 ? 'warn' : 'bad'}>
          {t('rings.rate', { percent: Math.round(100 * rate), shown: one.shown, sent: one.sent })}
        </Chip>
      </td>
      <td class="num">{one.shown_ms === null ? t('figures.hole') : brief(one.shown_ms)}</td>
      <td class="num second">{one.shown_at === null ? t('rings.never') : when(one.shown_at, props.now)}</td>
      <td>{advice.length === 0 ? t('rings.fine') : advice.map((words) => <p key={words}>{words}</p>)}</td>
    </tr>
  )
}

export function RingsPage() {
  const model = useModel()
  const [days, setDays] = useState<number>(7)
  const [region, setRegion] = useState('')
  const loaded = useLoaded(useCallback(() => model.rings.rates(days, region), [model, days, region]))
  const rates = loaded.value
  return (
    <Frame>
      <p class="second">{t('rings.lead')}</p>
      <div class="admin-sought" role="search" aria-label={t('admin.rings')}>
        <Choice
          label={t('rings.since')}
          value={String(days)}
          options={DAYS.map((count) => ({ value: String(count), word: t('rings.days', { count }) }))}
          onChange={(value) => setDays(Number(value))}
          testid="rings-days"
        />
        <Choice
          label={t('admin.region')}
          value={region}
          any={t('admin.any')}
          options={(rates?.regions ?? []).map((one) => ({ value: one.id, word: nameOf(one.name) }))}
          onChange={setRegion}
          testid="rings-region"
        />
      </div>
      <Listed loaded={loaded} icon={BellRing} empty={rates?.lines.length === 0 && t('rings.none')}>
        <Table
          label={t('admin.rings')}
          columns={(['device', 'rang', 'took', 'last', 'do'] as const).map((one) => t(`rings.${one}`))}
          testid="rings-table"
        >
          {rates?.lines.map((one) => (
            <Line key={`${one.who.id}${one.device}`} one={one} now={model.tick.value} />
          ))}
        </Table>
        {rates !== null && rates.left_out > 0 && (
          <p class="second">{t('rings.left_out', { count: rates.left_out })}</p>
        )}
      </Listed>
    </Frame>
  )
}
