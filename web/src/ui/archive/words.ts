/** How an archive entry is called and what became of it, in words. */
import type { ArchiveEntry, Me, Operator } from '../../contract'
import { nameOf, t } from '../../i18n'
import { holds } from '../../model/roles'
import { day } from '../format'
import type { Tone } from '../parts/Chip'

/** 双缸炸炉 where the call was about a machine, else 设备坏了, or the session's title. */
export function entryTitle(entry: ArchiveEntry): string {
  const title = nameOf(entry.title)
  if (title) return title
  if (entry.kind === 'session') return t('session.untitled')
  if (!entry.store) return t('archive.colleagues')
  if (entry.equipment) return nameOf(entry.equipment.name)
  return entry.reason ? t(`reason.${entry.reason}`) : t('reason.any')
}

export const isPlayable = (entry: ArchiveEntry): boolean =>
  entry.recording === 'safe' || entry.recording === 'recovered'

/** Whether a call came about at all; one that did not has its own words. */
export const wasAnswered = (entry: ArchiveEntry): boolean =>
  !['missed', 'declined', 'cancelled', 'nobody_free', 'callback', 'left_queue'].includes(entry.end ?? '')

/** Who answers for calls of others, and so may see how well they went. */
export const oversees = (me: Me | null | undefined): boolean =>
  holds(me, ['admin', 'manager', 'store_manager', 'operations'])

/** The state in one or two words, with its tone. */
export function stateOf(entry: ArchiveEntry): { words: string; tone: Tone } {
  if (!wasAnswered(entry)) return { words: t(`end.${entry.end}`), tone: 'plain' }
  const tones: Record<ArchiveEntry['recording'], Tone> = {
    off: 'plain',
    recording: 'bad',
    paused: 'warn',
    saving: 'info',
    safe: 'good',
    recovered: 'warn',
    failed: 'bad',
    deleted: 'plain',
  }
  if (entry.recording === 'deleted' && typeof entry.deleted_at === 'number')
    return { words: t('recording.deleted_on', { day: day(entry.deleted_at) }), tone: 'plain' }
  return { words: t(`recording.${entry.recording}`), tone: tones[entry.recording] }
}

/** Who had taken tablets over that were in it. */
export const operators = (entry: ArchiveEntry): Operator[] =>
  entry.people.flatMap((person) => (person.operator ? [person.operator] : []))
