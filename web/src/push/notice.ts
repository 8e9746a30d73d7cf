/** What a push becomes: the words and the manner of one notification. One call has one; a newer takes its place. */
import type { Name, PushedMessage, PushedRing } from '../contract'
import { PUSH_WORDS, filled } from '../i18n/push'

/** `NotificationOptions`, with what TypeScript leaves out because not every browser knows it. */
export interface NoticeOptions extends NotificationOptions {
  actions?: { action: string; title: string }[]
  data: { kind: 'ring' | 'word'; room: string }
  renotify: boolean
  tag: string
  timestamp: number
  vibrate?: number[]
}

export interface Notice {
  title: string
  options: NoticeOptions
}

const ICON = '/icons/logo-192.png'
const VIBRATE_MS = [400, 200, 400, 200, 400]

/** How long the ring is good yet by `nowMs`; a push that comes late, or says that it is over, has nothing left. */
export function leftMs(pushed: PushedMessage, nowMs: number): number {
  return pushed.type === 'ring' ? Math.max(0, pushed.until - nowMs) : 0
}

/** It rings. */
export function ringNotice(ring: PushedRing): Notice {
  const words = PUSH_WORDS[ring.language]
  const about = [reasonIn(ring), inLanguage(ring, ring.about), ring.number]
  return {
    title: filled(words.ringing, { store: inLanguage(ring, ring.store) }),
    options: {
      ...common(ring),
      body: about.filter(Boolean).join(' · '),
      data: { kind: 'ring', room: ring.room },
      renotify: true,
      requireInteraction: true,
      vibrate: VIBRATE_MS,
      actions: [{ action: 'answer', title: words.answer }],
    },
  }
}

/** It does not ring any more, or did before this came. */
export function wordNotice(pushed: PushedMessage): Notice {
  const words = PUSH_WORDS[pushed.language]
  const store = inLanguage(pushed, pushed.store)
  const by = pushed.type === 'over' ? inLanguage(pushed, pushed.by) : ''
  const end = pushed.type === 'over' ? pushed.end : 'late'
  const missed = !['answered', 'elsewhere', 'declined', 'given_up'].includes(end)
  let title: string = words.missed
  if (end === 'declined') title = words.declined
  else if (end === 'given_up') title = words.given_up
  else if (!missed) title = by ? words.answered : words.answered_somewhere
  const time = new Intl.DateTimeFormat(words.lang, { hour: '2-digit', minute: '2-digit' }).format(
    pushed.since,
  )
  return {
    title: filled(title, { store, by }),
    options: {
      ...common(pushed),
      body: `${filled(words.at, { time })} · ${reasonIn(pushed)}`,
      data: { kind: 'word', room: pushed.room },
      renotify: false,
      requireInteraction: false,
      silent: !missed,
    },
  }
}

function common(pushed: PushedMessage) {
  return {
    tag: pushed.room,
    icon: ICON,
    badge: ICON,
    lang: PUSH_WORDS[pushed.language].lang,
    timestamp: pushed.since,
  }
}

function reasonIn(pushed: PushedMessage): string {
  const words = PUSH_WORDS[pushed.language]
  return pushed.reason ? words.reason[pushed.reason] : words.colleague
}

function inLanguage(pushed: PushedMessage, name: Name | null | undefined): string {
  if (!name) return ''
  return pushed.language === 'en' ? name.en || name.zh : name.zh
}
