/** The stores and the people of headquarters that one may call, by number, name, first letters of pinyin, what they
 * know or where they work. */
import { Phone, Search } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Store } from '../../contract'
import { nameOf, t } from '../../i18n'
import { mayRecordMine } from '../../model/policies'
import { matches } from '../../model/pinyin'
import { Desk } from '../desk/Desk'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { PresenceWord } from '../parts/Person'
import { SearchBox } from '../parts/SearchBox'
import { Empty, Loading } from '../parts/State'
import { regionName } from '../session/Sessions'
import { CallDialog } from './CallDialog'
import { PeopleList } from './PeopleList'
import { Teams } from './Teams'
import { departmentsOf, groupsFound, peopleFound } from './find'
import { linesOf } from './stores'
import { useDirectCall } from './useDirectCall'

/** Whoever looks for a store types; nobody reads three hundred lines. */
const SHOWN = 60

export function CallPage() {
  const model = useModel()
  const [query, setQuery] = useState('')
  const [asked, setAsked] = useState<Store | null>(null)
  const rules = model.me.value?.policies
  const amongUs = rules?.colleagues_call !== false
  const call = useDirectCall(amongUs)
  const lines = rules?.headquarters_calls === false ? [] : linesOf(model.stores.value)
  const found = lines.filter(({ store }) => matches(query, [store.number, store.name.zh, store.name.en]))
  const me = model.me.value?.person.id
  const colleagues = model.colleagues.value.filter(({ person }) => person.id !== me)
  const people = peopleFound(colleagues, query)
  const groups = amongUs ? groupsFound(colleagues, query) : []
  const online = lines.filter((line) => line.presence !== 'offline').length
  return (
    <Desk>
      <main class="console-main">
        <header class="page-head">
          <h1>{t('calling.home')}</h1>
          <p class="second">{t('console.stores', { online, count: lines.length })}</p>
        </header>
        <SearchBox
          value={query}
          label={t('find.search')}
          example={t('find.search_all')}
          testid="store-search"
          onValue={setQuery}
        />
        {lines.length === 0 && model.link.value !== 'online' ? (
          <Loading rows={6} />
        ) : found.length + people.length + groups.length === 0 ? (
          <div class="card">
            <Empty icon={Search} title={t('find.none')} text={t('find.none_text')} />
          </div>
        ) : found.length === 0 ? null : (
          <ul class="card row-list" data-testid="stores">
            {found.slice(0, SHOWN).map(({ store, presence }) => (
              <li
                class="call-line"
                key={store.id}
                data-testid={`store-${store.number}`}
                data-presence={presence}
              >
                <span class="call-line-words">
                  <strong>{nameOf(store.name)}</strong> <span class="home-number">{store.number}</span>
                  <span class="caption">{regionName(store.region)}</span>
                </span>
                <PresenceWord presence={presence} />
                <Button
                  kind="soft"
                  icon={Phone}
                  testid="call-store"
                  disabled={presence !== 'free'}
                  label={t('calling.call_it', { store: nameOf(store.name) })}
                  onClick={() => setAsked(store)}
                >
                  {t('calling.call')}
                </Button>
              </li>
            ))}
          </ul>
        )}
        {found.length > SHOWN && (
          <p class="caption num">{t('calling.more', { count: found.length - SHOWN })}</p>
        )}
        <Teams groups={groups} call={call} noneFree={t('find.nobody_free')} />
        {people.length > 0 && (
          <section class="find-people" aria-labelledby="find-people">
            <div class="home-section-head">
              <h2 id="find-people">{t('find.people')}</h2>
              {amongUs && (
                <p class="caption">
                  {t(mayRecordMine(model.me.value) ? 'find.consent' : 'find.not_recorded')}
                </p>
              )}
            </div>
            {departmentsOf(people).map(({ name, people: theirs }, _, all) => (
              <section key={name?.zh ?? ''}>
                {(all.length > 1 || name) && (
                  <h3 class="caption group-head">{nameOf(name) || t('find.no_department')}</h3>
                )}
                <PeopleList people={theirs} call={amongUs ? call : undefined} grouped />
              </section>
            ))}
          </section>
        )}
        {asked && <CallDialog store={asked} onClose={() => setAsked(null)} />}
      </main>
    </Desk>
  )
}
