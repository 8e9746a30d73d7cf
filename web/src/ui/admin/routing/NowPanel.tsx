/** Who would ring if a store called this moment, for each reason and step by step; by the chains as they are saved. */
import type { ExpertLine, PersonId, RoutingNow } from '../../../contract'
import { nameOf, t } from '../../../i18n'
import { ErrorBox, Loading } from '../../parts/State'
import { errorWords } from '../../parts/Toasts'
import type { Loaded } from '../useLoaded'
import { stepSays } from './chains'

export function NowPanel(props: { now: Loaded<RoutingNow>; experts: readonly ExpertLine[] }) {
  const { value: now, problem, reload } = props.now
  const names = new Map(props.experts.map(({ person }) => [person.id, nameOf(person.name)]))
  const only = new Map(now?.experts.map((one) => [one.person, one.only ?? []]))
  const called = (id: PersonId): string => {
    const name = names.get(id) ?? id
    const places = only.get(id)?.map(nameOf).join(t('list.comma'))
    return places ? t('routing.only_for', { name, places }) : name
  }
  return (
    <section class="card routing-now" aria-label={t('routing.now')} data-testid="routing-now">
      <h2>{t('routing.now')}</h2>
      <p class="second">{t('routing.now_text')}</p>
      {now === null ? (
        problem ? (
          <ErrorBox title={t('routing.now_broken')} text={errorWords(problem)} onRetry={reload} />
        ) : (
          <Loading rows={3} />
        )
      ) : (
        <dl>
          {now.reasons.map(({ reason, steps }) => (
            <div key={reason} data-testid={`now-${reason}`}>
              <dt>{t(`reason.${reason}`)}</dt>
              {steps.every(({ people }) => people.length === 0) ? (
                <dd class="routing-none">{t('routing.now_nobody')}</dd>
              ) : (
                steps.map(({ step, people }, number) => (
                  <dd key={number}>
                    <span class="routing-number num" aria-hidden="true">
                      {number + 1}
                    </span>
                    <span>
                      {people.length > 0 ? (
                        <strong>{people.map(called).join(t('list.comma'))}</strong>
                      ) : (
                        <span class="second">{t('routing.now_nobody_more')}</span>
                      )}
                      <span class="caption routing-of">{stepSays(step, reason)}</span>
                    </span>
                  </dd>
                ))
              )}
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}
