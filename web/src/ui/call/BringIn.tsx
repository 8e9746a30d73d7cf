/** Whom to ask into the call: who is free and knows what, to help or to take over. */
import { UserPlus, UserRoundCheck } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { RoomState } from '../../contract'
import { nameOf, t } from '../../i18n'
import { matches } from '../../model/pinyin'
import { ORDER, reachable } from '../../model/quiet'
import { amongColleagues, isSeated } from '../../model/room'
import { act } from '../act'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Dialog } from '../parts/Dialog'
import { Avatar, PresenceWord } from '../parts/Person'
import { SearchBox } from '../parts/SearchBox'
import { skillsOf } from '../ring/Ringing'

/** Somebody for other regions or stores only is listed all the same: the directory does not say so. */
const REFUSED = { not_found: 'third.not_theirs', busy: 'third.not_free' }

export function BringIn(props: { room: RoomState; onClose: () => void }) {
  const model = useModel()
  const { room, onClose } = props
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState<string | null>(null)
  const [doing, setDoing] = useState<'join' | 'instead' | null>(null)
  const here = new Set(room.members.filter(isSeated).map((one) => one.person.id))
  const people = amongColleagues(room) ? model.colleagues.value : model.experts.value
  const found = people
    .filter(({ person }) => !here.has(person.id))
    .filter(({ person }) => matches(query, [person.name.zh, person.name.en, skillsOf(person)]))
    .sort((a, b) => ORDER.indexOf(a.presence) - ORDER.indexOf(b.presence))
  const free = found.some(({ person, presence }) => person.id === chosen && reachable(presence))
  const ask = (instead: boolean): void => {
    if (chosen === null || !free || doing) return
    setDoing(instead ? 'instead' : 'join')
    void act(model.bringIn(room.id, chosen, instead), REFUSED).then((done) => {
      setDoing(null)
      if (done) onClose()
    })
  }
  return (
    <Dialog
      title={t('third.title')}
      testid="bring-in-dialog"
      onClose={onClose}
      acts={
        <>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            icon={UserRoundCheck}
            testid="ask-instead"
            disabled={!free}
            busy={doing === 'instead' && t('third.asking')}
            onClick={() => ask(true)}
          >
            {t('third.instead')}
          </Button>
          <Button
            kind="main"
            icon={UserPlus}
            testid="ask-join"
            disabled={!free}
            busy={doing === 'join' && t('third.asking')}
            onClick={() => ask(false)}
          >
            {t('third.join')}
          </Button>
        </>
      }
    >
      <SearchBox
        value={query}
        label={t('third.search')}
        example={t('third.search_example')}
        testid="expert-search"
        onValue={setQuery}
      />
      <ul class="bring-in-list">
        {found.map(({ person, presence }) => (
          <li key={person.id}>
            <label class="check" data-testid={`ask-${person.id}`} data-presence={presence}>
              <input
                type="radio"
                name="expert"
                disabled={!reachable(presence)}
                checked={chosen === person.id}
                onChange={() => setChosen(person.id)}
              />
              <Avatar person={person} />
              <span class="expert-words">
                <strong>{nameOf(person.name)}</strong>
                <span class="caption">{skillsOf(person) || nameOf(person.title)}</span>
              </span>
              <PresenceWord presence={presence} />
            </label>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="second">{t('third.nobody')}</p>}
      <p class="second">{t('third.words')}</p>
    </Dialog>
  )
}
