/** A person in the interface: initials on a tint, a presence dot with its word. */
import { lang, t } from '../../i18n'
import type { Person, Presence } from '../../contract'

/** One of six tints by a hash of the id, so that somebody keeps a colour everywhere. */
export function tintOf(id: string): number {
  let hash = 0x811c9dc5
  for (const letter of id) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash >>> 0) % 6) + 1
}

/** The family name's character in Chinese, two capitals in English. */
export function initialsOf(person: Pick<Person, 'name'>): string {
  if (lang.value !== 'en') return [...person.name.zh][0] ?? '?'
  const words = person.name.en.split(/\s+/).filter((word) => /^[A-Za-z]/.test(word))
  return (
    words.length > 1 ? words[0]!.charAt(0) + words[1]!.charAt(0) : (words[0] ?? '?').slice(0, 1)
  ).toUpperCase()
}

export function Avatar(props: { person: Person; size?: 'l' | 'xl'; presence?: Presence }) {
  return (
    <span class="avatar" data-size={props.size} data-tint={tintOf(props.person.id)} aria-hidden="true">
      {initialsOf(props.person)}
      {props.presence && <span class="dot" data-tone={props.presence} />}
    </span>
  )
}

export function PresenceWord(props: { presence: Presence }) {
  return (
    <span class="presence">
      <span class="dot" data-tone={props.presence} aria-hidden="true" />
      {t(`presence.${props.presence}`)}
    </span>
  )
}

/** Three bars that move while somebody speaks. */
export function Speaking(props: { label?: string }) {
  return (
    <span class="speaking" role="img" aria-label={props.label ?? t('call.speaking')}>
      <i />
      <i />
      <i />
    </span>
  )
}
