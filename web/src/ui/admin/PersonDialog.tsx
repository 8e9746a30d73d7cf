/** Somebody new, or somebody to be changed, invited again, kept out or let in. */
import { Ban, KeyRound, Undo2 } from 'lucide-preact'
import { useRef, useState } from 'preact/hooks'
import type { PersonChange, PersonRecord, Skill, Stores } from '../../contract'
import { nameOf, t } from '../../i18n'
import { useModel } from '../model'
import { Button } from '../parts/Button'
import { Field } from '../parts/Field'
import { toast } from '../parts/Toasts'
import { FormDialog, useHeld, useSaving, type Saving } from './FormDialog'
import { Choice } from './Frame'
import { LostPasskeys } from './LostPasskeys'
import { NameFields, nameIn, typed } from './NameFields'
import { PersonalData } from './PersonalData'
import { RolesFields, type Given } from './RolesFields'
import { refused } from './words'

export const SKILLS: readonly Skill[] = ['equipment', 'dishes', 'food_safety', 'it']
const LOGIN = /^[a-z0-9][a-z0-9._@-]{1,63}$/

export function PersonDialog(props: {
  record: PersonRecord | null
  places: Pick<Stores, 'regions' | 'stores'>
  people: readonly PersonRecord[]
  onClose: () => void
  /** Somebody else has changed them: read them again. */
  onOvertaken: () => void
  /** Something was changed; `path` is a link that was made. */
  onDone: (made?: { name: string; path: string }) => void
}) {
  const model = useModel()
  const { record } = props
  const [login, setLogin] = useState(record?.login ?? '')
  const [roles, setRoles] = useState<Given>(given(record))
  const { role } = roles
  const [name, setName] = useState(typed(record?.person.name))
  const [title, setTitle] = useState(typed(record?.person.title))
  const [department, setDepartment] = useState(typed(record?.person.department))
  const [skills, setSkills] = useState<readonly Skill[]>(record?.person.skills ?? [])
  const [wrong, setWrong] = useState<'login' | 'name' | null>(null)
  // Two requests: what the first one saved is not sent again, and changed again it replaces what was saved.
  const there = useRef(record && { roles: given(record), told: toldOf(record) })
  const [held, adopt, hold] = useHeld(record)
  const saving = useSaving(
    ({ code }) => refused('person', code),
    () => {
      adopt()
      props.onOvertaken()
    },
  )

  const save = (): void => {
    const called = nameIn(name)
    const bad = !LOGIN.test(login.trim()) ? 'login' : called === null ? 'name' : null
    setWrong(bad)
    if (bad || called === null) return
    const change: PersonChange = {
      name: called,
      title: nameIn(title),
      department: nameIn(department),
      skills: role === 'expert' ? SKILLS.filter((skill) => skills.includes(skill)) : [],
    }
    void saving.carryOut(async () => {
      const known = there.current
      if (known && held) {
        const { id } = held.person
        const give = async (): Promise<void> => {
          if (!differs(roles, known.roles)) return
          const roles_tag = await model.organisation.giveRoles(id, roles, held.roles_tag)
          known.roles = roles
          hold((one) => one && { ...one, roles_tag })
        }
        // Who is no expert any more loses the skills with the role: that is no change by somebody else.
        if (role === 'expert') await give()
        if (differs(change, known.told)) {
          const tag = await model.organisation.changePerson(id, change, held.tag)
          known.told = change
          hold((one) => one && { ...one, tag })
        }
        if (role !== 'expert') await give()
        toast(() => t('admin.saved', { name: nameOf(called) }))
        props.onDone()
      } else {
        const made = await model.organisation.addPerson({ ...change, ...roles, login: login.trim() })
        props.onDone(made.path ? { name: nameOf(called), path: made.path } : undefined)
      }
    })
  }

  return (
    <FormDialog
      title={record ? nameOf(record.person.name) : t('admin.add_person')}
      thing="person"
      saving={saving}
      verb={t(record ? 'admin.save' : 'admin.add_and_invite')}
      onSave={save}
      onClose={props.onClose}
      acts={
        record && (
          <Standing
            record={record}
            others={props.people.filter((one) => !one.disabled && one.person.id !== record.person.id)}
            busy={saving.busy}
            carryOut={saving.carryOut}
            onDone={props.onDone}
          />
        )
      }
      below={record && <PersonalData record={record} onDone={() => props.onDone()} />}
    >
      <NameFields
        label={t('admin.name')}
        value={name}
        onChange={setName}
        error={wrong === 'name' && t('admin.name_missing')}
        testid="person-name"
      />
      <div class="admin-pair">
        {record ? (
          <p>
            <span class="legend">{t('admin.login')}</span>
            <br />
            {record.login}
          </p>
        ) : (
          <Field
            label={t('admin.login')}
            value={login}
            onInput={setLogin}
            hint={t('setup.login_rule')}
            error={wrong === 'login' ? t('setup.login_rule') : null}
            maxLength={64}
            testid="person-login"
          />
        )}
      </div>
      <RolesFields
        value={roles}
        byGroups={record?.by_groups ?? []}
        places={props.places}
        onChange={setRoles}
      />
      {role === 'expert' && (
        <fieldset class="admin-skills">
          <legend class="legend">{t('admin.skills')}</legend>
          {SKILLS.map((skill) => (
            <label class="check" key={skill}>
              <input
                type="checkbox"
                checked={skills.includes(skill)}
                data-testid={`person-skill-${skill}`}
                onChange={(event) =>
                  setSkills(
                    event.currentTarget.checked ? [...skills, skill] : skills.filter((one) => one !== skill),
                  )
                }
              />
              {t(`skill.${skill}`)}
            </label>
          ))}
        </fieldset>
      )}
      <NameFields label={t('admin.title')} value={title} onChange={setTitle} testid="person-title" />
      <NameFields
        label={t('admin.department')}
        value={department}
        onChange={setDepartment}
        testid="person-department"
      />
    </FormDialog>
  )
}

const differs = (one: object, other: object): boolean => JSON.stringify(one) !== JSON.stringify(other)

/** What others are told of somebody now. */
const toldOf = ({ person }: PersonRecord): PersonChange => ({
  name: person.name,
  title: person.title ?? null,
  department: person.department ?? null,
  skills: SKILLS.filter((skill) => person.skills?.includes(skill)),
})

/** What somebody may do now; somebody new is an expert. */
function given(record: PersonRecord | null): Given {
  return {
    role: record?.person.role ?? 'expert',
    region: record?.region ?? null,
    store: record?.person.store?.id ?? null,
    also: record?.also ?? [],
  }
}

/** What can be done to a sign-in that is there. */
function Standing(props: {
  record: PersonRecord
  /** Who could take over. */
  others: readonly PersonRecord[]
  busy: boolean
  carryOut: Saving['carryOut']
  onDone: (made?: { name: string; path: string }) => void
}) {
  const model = useModel()
  const { id, name } = props.record.person
  const { disabled } = props.record
  const [sure, setSure] = useState(false)
  const [successor, setSuccessor] = useState('')
  return (
    <div class="admin-standing">
      {sure && !disabled && (
        <Choice
          label={t('admin.successor')}
          value={successor}
          any={t('admin.no_successor')}
          options={props.others.map((one) => ({ value: one.person.id, word: nameOf(one.person.name) }))}
          onChange={setSuccessor}
          testid="person-successor"
        />
      )}
      {!disabled && !sure && (
        <Button
          icon={KeyRound}
          disabled={props.busy}
          testid="person-invite"
          onClick={() =>
            void props.carryOut(async () => {
              const path = await model.organisation.invite(id)
              props.onDone({ name: nameOf(name), path })
            })
          }
        >
          {t('admin.invite')}
        </Button>
      )}
      <LostPasskeys
        record={props.record}
        busy={props.busy}
        carryOut={props.carryOut}
        onDone={() => props.onDone()}
      />
      <Button
        kind={sure ? 'danger' : 'plain'}
        icon={disabled ? Undo2 : Ban}
        disabled={props.busy}
        testid="person-disable"
        onClick={(event) => {
          if (!disabled && !sure) return setSure(true)
          if (event.detail > 1) return // the second click of two is no answer to the question
          void props.carryOut(async () => {
            await model.organisation.disable(id, !disabled, successor || undefined)
            toast(() =>
              t(
                !disabled
                  ? 'admin.was_disabled'
                  : props.record.has_password
                    ? 'admin.enabled'
                    : 'admin.enabled_invite',
                { name: nameOf(name) },
              ),
            )
            props.onDone()
          })
        }}
      >
        {t(disabled ? 'admin.enable' : sure ? 'admin.disable_sure' : 'admin.disable')}
      </Button>
    </div>
  )
}
