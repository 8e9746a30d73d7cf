/** The directory as one looks in it: people by name, first letters or what they know, and the groups they make up. */
import type { Call, Name, PresenceEntry, Skill } from '../../contract'
import { lang, t } from '../../i18n'
import type { CallTo } from '../../model/api'
import { matches } from '../../model/pinyin'
import { reachable } from '../../model/quiet'

export const SKILLS: readonly Skill[] = ['equipment', 'dishes', 'food_safety', 'it']

export interface Group {
  skill: Skill
  free: number
  people: number
}

/** Both languages, so that whoever learned a word in one finds by it. */
const wordsOf = ({ person }: PresenceEntry): (string | null | undefined)[] => [
  person.name.zh,
  person.name.en,
  person.title?.zh,
  person.title?.en,
  person.department?.zh,
  person.department?.en,
  ...person.skills.map((skill) => t(`skill.${skill}`)),
]

/** In the order of names: who looks for somebody must not see them jump away when somebody else hangs up. */
export function peopleFound(entries: readonly PresenceEntry[], query: string): PresenceEntry[] {
  const by = lang.value === 'en' ? 'en' : 'zh'
  const order = new Intl.Collator(by === 'en' ? 'en' : 'zh-Hans-CN-u-co-pinyin')
  return entries
    .filter((entry) => matches(query, wordsOf(entry)))
    .sort((a, b) => order.compare(a.person.name[by], b.person.name[by]))
}

export interface Department {
  /** Null: of who is in none. */
  name: Name | null
  people: PresenceEntry[]
}

/** People by where they work, in the order of names; who works nowhere in particular comes last. */
export function departmentsOf(people: readonly PresenceEntry[]): Department[] {
  const found = new Map<string, Department>()
  for (const entry of people) {
    const name = entry.person.department ?? null
    const known = found.get(name?.zh ?? '')
    if (known) known.people.push(entry)
    else found.set(name?.zh ?? '', { name, people: [entry] })
  }
  const by = lang.value === 'en' ? 'en' : 'zh'
  const order = new Intl.Collator(by === 'en' ? 'en' : 'zh-Hans-CN-u-co-pinyin')
  return [...found.values()].sort(
    (a, b) => Number(!a.name) - Number(!b.name) || order.compare(a.name?.[by] ?? '', b.name?.[by] ?? ''),
  )
}

/** What somebody knows, by the word for it. */
export function groupsFound(entries: readonly PresenceEntry[], query: string): Group[] {
  return SKILLS.flatMap((skill) => {
    const members = entries.filter(({ person }) => person.skills.includes(skill))
    const found = members.length > 0 && matches(query, [t(`skill.${skill}`)])
    const free = members.filter(({ presence }) => reachable(presence)).length
    return found ? [{ skill, free, people: members.length }] : []
  })
}

/** Whom a call was for by name, to call them again. */
export function calledIn(call: Call): CallTo | undefined {
  const first = call.steps?.[0]
  if (first?.who === 'person' && first.person) return { person: first.person.id }
  if (first?.who === 'group') return { group: first.skills?.[0] }
  return undefined
}
