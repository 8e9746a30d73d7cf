/** What somebody may do, and where: the main role, which others are told, and what else they may do. */
import { Plus, X } from 'lucide-preact'
import type { Role, Roles, Stores } from '../../contract'
import { nameOf, t } from '../../i18n'
import { Button } from '../parts/Button'
import { Chip } from '../parts/Chip'
import { Choice } from './Frame'

export const ROLES: readonly Role[] = [
  'expert',
  'trainer',
  'manager',
  'store_manager',
  'staff',
  'operations',
  'learner',
  'auditor',
  'admin',
]
const MOST = 20

type Places = Pick<Stores, 'regions' | 'stores'>
type Grant = NonNullable<Roles['also']>[number]
export type Given = Required<Roles>

/** Where a role can count: a store manager in a store, an area manager not everywhere, the main role in no store. */
function placesFor(role: Role, places: Places, main: boolean): { value: string; word: string }[] {
  const chain = { value: '', word: t('admin.whole_chain') }
  const regions = places.regions.map((one) => ({ value: `r:${one.id}`, word: nameOf(one.name) }))
  const stores = places.stores.map((one) => ({
    value: `s:${one.id}`,
    word: `${one.number} ${nameOf(one.name)}`,
  }))
  if (role === 'store_manager' || role === 'staff') return stores
  return [...(role === 'manager' ? [] : [chain]), ...regions, ...(main ? [] : stores)]
}

const written = (one: Grant): string => (one.region ? `r:${one.region}` : one.store ? `s:${one.store}` : '')
const read = (place: string): Pick<Grant, 'region' | 'store'> => ({
  region: place.startsWith('r:') ? place.slice(2) : null,
  store: place.startsWith('s:') ? place.slice(2) : null,
})

/** 华东, 0117 静安寺店, or the whole chain. */
const placeWord = (one: Grant, places: Places): string =>
  placesFor(one.role, places, false).find((option) => option.value === written(one))?.word ?? ''

/** The same place if the role can count there, else the first where it can. */
function moved(one: Grant, places: Places, main: boolean): Grant {
  const options = placesFor(one.role, places, main)
  if (options.some((option) => option.value === written(one))) return one
  return { role: one.role, ...read(options[0]?.value ?? '') }
}

const same = (one: Grant, other: Grant): boolean => one.role === other.role && written(one) === written(other)

export function RolesFields(props: {
  value: Given
  /** What groups of the company's sign-in bring: it is theirs to take away. */
  byGroups: readonly Grant[]
  places: Places
  onChange: (value: Given) => void
}) {
  const { value, places, byGroups } = props
  const { also } = value
  const main = { role: value.role, region: value.region, store: value.store }
  const changeMain = (one: Grant): void => props.onChange({ ...moved(one, places, true), also })
  const changeAlso = (also: Grant[]): void => props.onChange({ ...value, also })
  return (
    <>
      <GrantFields value={main} places={places} main onChange={changeMain} testid="person" />
      {byGroups.some((one) => same(one, main)) && (
        <p class="second" data-testid="main-by-group">
          {t('admin.main_by_group')}
        </p>
      )}
      <fieldset class="admin-also">
        <legend class="legend">{t('admin.also')}</legend>
        {also.map((one, index) => (
          // oxlint-disable-next-line no-array-index-key -- a row is what stands at its place
          <div class="admin-grant" key={index}>
            {byGroups.some((brought) => same(brought, one)) ? (
              <p data-testid={`also-${index}-by-group`}>
                <strong>{t(`admin.roles.${one.role}`)}</strong> {placeWord(one, places)}{' '}
                <Chip tone="info">{t('admin.by_group')}</Chip>
              </p>
            ) : (
              <>
                <GrantFields
                  value={one}
                  places={places}
                  main={false}
                  onChange={(changed) =>
                    changeAlso(also.map((old, at) => (at === index ? moved(changed, places, false) : old)))
                  }
                  testid={`also-${index}`}
                />
                <Button
                  icon={X}
                  iconOnly
                  kind="quiet"
                  label={t('admin.also_remove')}
                  testid={`also-${index}-remove`}
                  onClick={() => changeAlso(also.filter((_, at) => at !== index))}
                />
              </>
            )}
          </div>
        ))}
        {also.length < MOST && (
          <Button
            icon={Plus}
            kind="link"
            testid="also-add"
            onClick={() =>
              changeAlso([...also, moved({ role: 'manager', region: null, store: null }, places, false)])
            }
          >
            {t('admin.also_add')}
          </Button>
        )}
      </fieldset>
    </>
  )
}

function GrantFields(props: {
  value: Grant
  places: Places
  main: boolean
  onChange: (value: Grant) => void
  testid: string
}) {
  const { value } = props
  return (
    <div class="admin-pair">
      <Choice
        label={t('admin.role')}
        value={value.role}
        options={ROLES.map((one) => ({ value: one, word: t(`admin.roles.${one}`) }))}
        onChange={(role) => props.onChange({ ...value, role: role as Role })}
        testid={`${props.testid}-role`}
      />
      <Choice
        label={t('admin.place')}
        value={written(value)}
        options={placesFor(value.role, props.places, props.main)}
        onChange={(place) => props.onChange({ role: value.role, ...read(place) })}
        testid={`${props.testid}-place`}
      />
    </div>
  )
}
