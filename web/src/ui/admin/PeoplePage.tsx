/** Everybody who signs in: found by name, first letters of pinyin, login or title; added, changed, imported. */
import { FileUp, Plus, UserRound } from 'lucide-preact'
import { useCallback, useState } from 'preact/hooks'
import type { PersonRecord, Region } from '../../contract'
import { nameOf, t } from '../../i18n'
import { matches } from '../../model/pinyin'
import { when } from '../format'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Avatar } from '../parts/Person'
import { Choice, Frame, Listed, Sought } from './Frame'
import { ImportDialog } from './ImportDialog'
import { LinkDialog } from './LinkDialog'
import { PersonDialog } from './PersonDialog'
import { ROLES } from './RolesFields'
import { Table } from './Table'
import { useLoaded } from './useLoaded'
import { TONES, regionName, stateOf } from './words'

/** Rows drawn before somebody asks for more: a chain of thousands stays quick. */
const PAGE = 100
const STATES = ['active', 'invited', 'expired', 'disabled'] as const

export function PeoplePage() {
  const model = useModel()
  const now = model.tick.value
  const load = useCallback(async () => {
    const [people, places] = await Promise.all([model.organisation.people(), model.organisation.stores()])
    return { people, places }
  }, [model])
  const loaded = useLoaded(load)
  const [query, setQuery] = useState('')
  const [role, setRole] = useState('')
  const [state, setState] = useState('')
  const [pages, setPages] = useState(1)
  const [open, setOpen] = useState<PersonRecord | 'new' | 'import' | null>(null)
  const [link, setLink] = useState<{ name: string; path: string } | null>(null)
  const { people, places } = loaded.value ?? { people: [], places: { regions: [], stores: [] } }
  const found = people.filter(
    (one) =>
      (!role || one.person.role === role) &&
      (!state || stateOf(one, now) === state) &&
      matches(query, [
        one.person.name.zh,
        one.person.name.en,
        one.login,
        one.person.title?.zh,
        one.person.title?.en,
        one.person.department?.zh,
        one.person.department?.en,
      ]),
  )
  const close = (): void => setOpen(null)
  const reread = (): void => {
    close()
    loaded.reload()
  }

  return (
    <Frame
      acts={
        <>
          <Button icon={FileUp} onClick={() => setOpen('import')} testid="people-import">
            {t('admin.import')}
          </Button>
          <Button kind="main" icon={Plus} onClick={() => setOpen('new')} testid="people-add">
            {t('admin.add_person')}
          </Button>
        </>
      }
    >
      <Sought
        label={t('admin.search_people')}
        example={t('admin.search_people_example')}
        value={query}
        onInput={setQuery}
        shown={found.length}
        all={people.length}
      >
        <Choice
          label={t('admin.role')}
          value={role}
          any={t('admin.any')}
          options={ROLES.map((one) => ({ value: one, word: t(`admin.roles.${one}`) }))}
          onChange={setRole}
          testid="people-role"
        />
        <Choice
          label={t('admin.state')}
          value={state}
          any={t('admin.any')}
          options={STATES.map((one) => ({ value: one, word: t(`admin.states.${one}`) }))}
          onChange={setState}
          testid="people-state"
        />
      </Sought>
      <Listed
        loaded={loaded}
        icon={UserRound}
        empty={found.length === 0 && t('admin.nobody')}
        advice={t('archive.none_found_text')}
      >
        <Table
          label={t('admin.people')}
          columns={(['name', 'role', 'scope', 'state', 'seen'] as const).map((one) => t(`admin.${one}`))}
          testid="people-table"
        >
          {found.slice(0, pages * PAGE).map((one) => (
            <Row
              key={one.person.id}
              record={one}
              regions={places.regions}
              now={now}
              onOpen={() => setOpen(one)}
            />
          ))}
        </Table>
        {found.length > pages * PAGE && (
          <Button onClick={() => setPages(pages + 1)} testid="people-more">
            {t('admin.more')}
          </Button>
        )}
      </Listed>
      {open === 'import' && <ImportDialog kind="people" onClose={close} onApplied={() => loaded.reload()} />}
      {open !== null && open !== 'import' && (
        <PersonDialog
          record={open === 'new' ? null : (people.find((one) => one.person.id === open.person.id) ?? open)}
          onOvertaken={loaded.reload}
          places={places}
          people={people}
          onClose={reread} // half of it may be saved
          onDone={(made) => {
            reread()
            if (made) setLink(made)
          }}
        />
      )}
      {link && <LinkDialog {...link} onClose={() => setLink(null)} />}
    </Frame>
  )
}

function Row(props: { record: PersonRecord; regions: readonly Region[]; now: number; onOpen: () => void }) {
  const { record, now } = props
  const { person } = record
  const state = stateOf(record, now)
  const scope = [
    record.region ? regionName(props.regions, record.region) : nameOf(person.store?.name),
    ...person.skills.map((skill) => t(`skill.${skill}`)),
  ]
    .filter(Boolean)
    .join(t('list.comma'))
  return (
    <tr data-testid="person-row" data-login={record.login} data-state={state}>
      <td>
        <button type="button" class="admin-open" onClick={props.onOpen} data-testid={`open-${record.login}`}>
          <Avatar person={person} />
          <span class="admin-who">
            <strong>{nameOf(person.name)}</strong>
            <span class="caption dots">
              <span>{record.login}</span>
              {nameOf(person.title) && <span>{nameOf(person.title)}</span>}
              {nameOf(person.department) && <span>{nameOf(person.department)}</span>}
            </span>
          </span>
        </button>
      </td>
      <td class="admin-short">
        {t(`admin.roles.${person.role}`)}
        {record.also.length > 0 && <span class="caption"> +{record.also.length}</span>}
      </td>
      <td class="second">{scope || '–'}</td>
      <td>
        <Chip tone={TONES[state]}>{t(`admin.states.${state}`)}</Chip>
      </td>
      <td class="num second">{record.seen_at === null ? '–' : when(record.seen_at, now)}</td>
    </tr>
  )
}
