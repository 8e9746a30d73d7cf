/**
 * Rings while no page is open: shows what the server pushes, says that it does, and leads to the page.
 *
 * Built into one file at the root of the site, because it stands for all of it; it handles no requests, so nothing is
 * ever cached by it. A push that only takes a notification away would be a breach of what browsers ask of us ("user
 * visible"), so what ends a ring says how it ended.
 */
import type { PushSeen, PushedMessage, PushedRing } from '../contract'
import type { Notice } from './notice'
import { leftMs, ringNotice, wordNotice } from './notice'

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface PushEvent extends Extendable {
  data: { json(): unknown } | null
}
interface ClickEvent extends Extendable {
  notification: Notification
}
interface WindowClient {
  focus(): Promise<unknown>
}
/** `ServiceWorkerGlobalScope`, as far as it is used: its types do not go together with those of pages. */
interface Scope {
  registration: ServiceWorkerRegistration
  clients: {
    claim(): Promise<void>
    matchAll(which: { type: 'window'; includeUncontrolled: boolean }): Promise<WindowClient[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener(type: 'push', heard: (event: PushEvent) => void): void
  addEventListener(type: 'notificationclick', heard: (event: ClickEvent) => void): void
  addEventListener(type: 'install' | 'activate', heard: (event: Extendable) => void): void
}
const worker = self as unknown as Scope

/** A notification sounds once: again so often, as a telephone does. */
const AGAIN_MS = 6000
/** What the server says of the ring is not waited for longer. */
const ANSWER_MS = 5000

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()))
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener('push', (event) => {
  const pushed = event.data?.json() as PushedMessage | undefined
  if (pushed) event.waitUntil(take(pushed))
})
worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openPage())
})

async function take(pushed: PushedMessage): Promise<void> {
  const ours = leftMs(pushed, Date.now())
  await show(pushed.type === 'ring' && ours > 0 ? ringNotice(pushed) : wordNotice(pushed))
  if (pushed.type !== 'ring') return
  // The clock of this machine may be wrong; the server knows.
  const left = (await seen(pushed)) ?? ours
  if (left > 0 && ours === 0) await show(ringNotice(pushed))
  if (left > 0) await ringOn(pushed, left)
  else if (ours > 0 && (await rings(pushed))) await show(wordNotice(pushed))
}

/** Says that it rings here; how long it still does, or null without an answer. */
async function seen(ring: PushedRing): Promise<number | null> {
  const path = `/api/push/${encodeURIComponent(ring.device)}/rings/${encodeURIComponent(ring.room)}`
  try {
    const answer = await fetch(path, { method: 'POST', signal: AbortSignal.timeout(ANSWER_MS) })
    if (answer.status === 404) return 0 // long over
    return answer.ok ? ((await answer.json()) as PushSeen).left_ms : null
  } catch {
    return null
  }
}

/** Until its time is over, or something took its place, or the person took it away. */
async function ringOn(ring: PushedRing, left: number): Promise<void> {
  const end = performance.now() + left
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(AGAIN_MS, end - performance.now())))
    if (!(await rings(ring))) return
    if (performance.now() >= end) return show(wordNotice(ring))
    await show(ringNotice(ring))
  }
}

async function rings(ring: PushedRing): Promise<boolean> {
  const [shown] = await worker.registration.getNotifications({ tag: ring.room })
  return (shown?.data as { kind?: string } | undefined)?.kind === 'ring'
}

function show(notice: Notice): Promise<void> {
  return worker.registration.showNotification(notice.title, notice.options)
}

async function openPage(): Promise<void> {
  const [open] = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (open) await open.focus()
  else await worker.clients.openWindow('/')
}
