/** A store finds somebody of headquarters, or everybody who knows something, and calls with one tap. */
import { Phone, Search, Users } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { PersonId, Skill } from '../../contract'
import { t } from '../../i18n'
import type { CallTo } from '../../model/api'
import { mayRecord } from '../../model/policies'
import { act } from '../act'
import { BookRow } from '../booking/BookRow'
import { TabletPage } from '../desk/TabletPage'
import { useModel } from '../model'
import { SearchBox } from '../parts/SearchBox'
import { Banner, Empty, Loading } from '../parts/State'
import { PeopleList } from './PeopleList'
import { groupsFound, peopleFound } from './find'

/** Somebody may answer for other regions only, which the directory does not say. */
const REFUSED = { not_found: 'find.not_yours' }

export function FindPage() {
  const model = useModel()
  const [query, setQuery] = useState('')
  const [calling, setCalling] = useState<PersonId | Skill | null>(null)
  const experts = model.experts.value
  const online = model.link.value === 'online'
  const allowed = model.me.value?.policies?.stores_call !== false
  const off = !online || !allowed || calling !== null
  const call = (who: PersonId | Skill, to: CallTo): void => {
    if (off) return
    setCalling(who)
    void act(model.startCall('any', undefined, to), REFUSED).finally(() => setCalling(null))
  }
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
            {groups.length > 0 && (
              <section aria-labelledby="find-groups">
                <h2 id="find-groups">{t('find.groups')}</h2>
                <ul class="find-groups">
                  {groups.map(({ skill, free, people: count }) => (
                    <li key={skill}>
                      <button
                        type="button"
                        class="check-row card"
                        data-testid={`call-group-${skill}`}
                        aria-busy={calling === skill ? true : undefined}
                        aria-disabled={off ? true : undefined}
                        onClick={() => call(skill, { group: skill })}
                      >
                        <span class="reason-icon" data-quiet={free === 0 ? '' : undefined}>
                          <Users class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
                        </span>
                        <span class="check-words">
                          <span class="check-title">
                            {calling === skill
                              ? t('calling.busy')
                              : t('step.group', { skill: t(`skill.${skill}`) })}
                          </span>
                          <span class="second num">
                            {free > 0 ? t('find.free', { n: free, of: count }) : t('find.none_free')}
                          </span>
                        </span>
                        <Phone class="icon find-phone" size={24} aria-hidden="true" />
                      </button>
                    </li>
                  ))}
                </ul>
              </section>
            )}
            {people.length > 0 && (
              <section aria-labelledby="find-people">
                <h2 id="find-people">{t('find.people')}</h2>
                <PeopleList
                  people={people}
                  call={{ calling, off, on: (person) => call(person, { person }) }}
                />
              </section>
            )}
          </>
        )}
      </main>
    </TabletPage>
  )
}
