/** A store finds somebody of headquarters, or everybody who knows something, and calls with one tap. */
import { Phone, Search, Users } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { mayRecord } from '../../model/policies'
import { BookRow } from '../booking/BookRow'
import { TabletPage } from '../desk/TabletPage'
import { useModel } from '../model'
import { SearchBox } from '../parts/SearchBox'
import { Banner, Empty, Loading } from '../parts/State'
import { PeopleList } from './PeopleList'
import { Teams } from './Teams'
import { groupsFound, peopleFound } from './find'
import { useDirectCall } from './useDirectCall'

/** Somebody may answer for other regions only, which the directory does not say. */
const REFUSED = { not_found: 'find.not_yours' }

export function FindPage() {
  const model = useModel()
  const [query, setQuery] = useState('')
  const experts = model.experts.value
  const online = model.link.value === 'online'
  const allowed = model.me.value?.policies?.stores_call !== false
  const call = useDirectCall(allowed, REFUSED)
  const people = peopleFound(experts, query)
  const groups = groupsFound(experts, query)
  return (
    <TabletPage>
      <main class="archive find">
        <header class="page-head">
          <h1>{t('find.title')}</h1>
          <p class="second">{t(mayRecord(model.me.value) ? 'find.consent' : 'find.not_recorded')}</p>
        </header>
        {!allowed && <Banner icon={Phone} tone="info" title={t('home.calls_off')} />}
        <BookRow />
        <SearchBox
          value={query}
          label={t('find.search')}
          example={t('find.search_example')}
          testid="find-search"
          onValue={setQuery}
        />
        {experts.length === 0 && !online ? (
          <Loading rows={6} />
        ) : people.length + groups.length === 0 ? (
          <div class="card">
            <Empty
              icon={experts.length === 0 ? Users : Search}
              title={t(experts.length === 0 ? 'find.empty' : 'find.none')}
              text={t(experts.length === 0 ? 'find.empty_text' : 'find.none_text')}
            />
          </div>
        ) : (
          <>
            <Teams groups={groups} call={call} noneFree={t('find.none_free')} />
            {people.length > 0 && (
              <section aria-labelledby="find-people">
                <h2 id="find-people">{t('find.people')}</h2>
                <PeopleList people={people} call={call} />
              </section>
            )}
          </>
        )}
      </main>
    </TabletPage>
  )
}
