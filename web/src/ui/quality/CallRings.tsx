/** What became of each ring of a call, device by device, and how quickly the call got from stage to stage. */
import type { CallQuality, CallRing } from '../../contract'
import { nameOf, t } from '../../i18n'
import { deviceWords } from '../admin/RingsPage'
import { brief, hms } from '../format'
import { StageLine } from '../summary/StageLine'
import { stages } from '../summary/stages'

function fateWords({ ring }: CallRing): string {
  const facts = [t(`rings.end_${ring.end}`)]
  if (ring.shown_at !== null)
    facts.push(t('rings.shown_after', { time: brief(ring.shown_at - ring.sent_at) }))
  if (ring.way === 'push') facts.push(t('rings.was_pushed'))
  if (ring.hidden) facts.push(t('rings.was_hidden'))
  if (ring.silent) facts.push(t('rings.was_silent'))
  return facts.join(t('list.comma'))
}

export function CallRings(props: { quality: CallQuality }) {
  const { rings, timings } = props.quality
  const shown = timings && stages(timings).length > 0
  return (
    <>
      {shown && (
        <section>
          <h2 class="summary-sub">
            {t('timing.title')}{' '}
            <span class="second num">{t('timing.tapped', { time: hms(timings.tap) })}</span>
          </h2>
          <StageLine timings={timings} />
        </section>
      )}
      {rings.length > 0 && (
        <section>
          <h2 class="summary-sub">{t('rings.of_call')}</h2>
          <ol class="figures-marks" data-testid="call-rings">
            {rings.map((one) => (
              <li key={`${one.who.id}${one.ring.device}${one.ring.sent_at}`} data-end={one.ring.end}>
                <time class="second num">{hms(one.ring.sent_at)}</time>
                <span>
                  <strong>{nameOf(one.who.store?.name ?? one.who.name)}</strong>{' '}
                  <span class="second">{deviceWords({ name: one.name, device: one.ring.device })}</span>{' '}
                  {fateWords(one)}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </>
  )
}
