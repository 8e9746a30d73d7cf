/** The check as text, for a message to whoever looks after the network: the sentences, and what was measured. */
import type { Me } from '../../contract'
import { nameOf, t } from '../../i18n'
import type { Check } from '../../model/api'

export function sentence(check: Check): string {
  return t(check.words, check.values)
}

export function report(
  checks: readonly Check[],
  me: Me,
  page: { address: string; agent: string; at: Date },
): string {
  const { person } = me
  const who = person.store ? `${nameOf(person.store.name)} ${person.store.number}` : nameOf(person.name)
  return [
    `Passline ${me.version}, ${page.at.toISOString()}`,
    `${page.address}, ${who} (${person.id})`,
    page.agent,
    ...checks.flatMap((check) => [
      '',
      `[${check.state}] ${t(`doctor.${check.name}`)}: ${sentence(check)}`,
      ...check.lines.map((line) => `  ${line}`),
    ]),
  ].join('\n')
}
