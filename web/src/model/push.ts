/** Whether this browser rings while no page of ours is open: asks, subscribes, and tells the server. */
import type { ReadonlySignal } from '@preact/signals'
import { effect, signal, untracked } from '@preact/signals'
import type { Me, PushTerms, RoomState, SessionId } from '../contract'
import { lang } from '../i18n'
import { call } from '../link/http'
import { trustedScript } from '../link/trusted'

/** Who wants it here: asked for once, it comes back with the next sign-in. */
const KEPT = 'passline.push'
export const WORKER = '/sw.js'

/**
 * `absent`: not for this person, or turned off on the server. `unsupported`: the browser cannot. `denied`: it must not
 * show notifications. `failed`: its push service gave nothing.
 */
export type PushState = 'absent' | 'unsupported' | 'denied' | 'off' | 'on' | 'failed'

export interface PushDesk {
  state: ReadonlySignal<PushState>
  /** Asks the browser for permission, so call it from a click. */
  turnOn(): Promise<void>
  turnOff(): Promise<void>
}

export interface PushInputs {
  me: ReadonlySignal<Me | null | undefined>
  session: ReadonlySignal<SessionId | null>
  incoming: ReadonlySignal<readonly RoomState[]>
  /** This browser's id; null while nobody is signed in. */
  device: () => Promise<string | null>
}

export function createPush(inputs: PushInputs): PushDesk {
  const state = signal<PushState>('absent')
  const person = (): string | undefined => inputs.me.peek()?.person.id
  let key: string | null = null

  const look = async (): Promise<PushState> => {
    if (inputs.me.peek()?.person.role !== 'expert') return 'absent'
    key = (await call<PushTerms>('GET', '/api/push')).key
    if (key === null) return 'absent'
    if (!supported()) return 'unsupported'
    if (Notification.permission === 'denied') return 'denied'
    if (Notification.permission !== 'granted' || localStorage.getItem(KEPT) !== person()) return 'off'
    return subscribe(key)
  }

  /** Subscribes if needed, and tells the server, also in which language. */
  const subscribe = async (serverKey: string): Promise<PushState> => {
    const device = await inputs.device()
    if (device === null) return 'off'
    let subscription: PushSubscription
    try {
      subscription = await subscribed(serverKey)
    } catch {
      return 'failed'
    }
    const { endpoint, keys } = subscription.toJSON()
    const language = lang.peek() === 'en' ? 'en' : 'zh'
    const body = { endpoint, p256dh: keys?.p256dh, auth: keys?.auth, language }
    await call('PUT', `/api/push/${encodeURIComponent(device)}`, { body })
    return 'on'
  }

  // With each connection: whoever signs in may be somebody else, and the subscription may have been changed.
  effect(() => {
    const session = inputs.session.value
    void lang.value
    if (session === null) {
      state.value = 'absent'
      return
    }
    untracked(() => {
      look().then(
        (found) => {
          if (inputs.session.peek() === session) state.value = found
        },
        () => undefined, // asked again with the next connection
      )
    })
  })

  // What this page shows itself needs no notification beside it.
  let rung: string[] = []
  effect(() => {
    const now = inputs.incoming.value.map((room) => room.id)
    const tags = new Set([...rung, ...now])
    rung = now
    if (tags.size > 0) void takeAway(tags)
  })

  return {
    state,
    turnOn: async () => {
      if (key === null) return
      const permission = await Notification.requestPermission()
      if (permission !== 'granted') {
        state.value = permission === 'denied' ? 'denied' : 'off'
        return
      }
      state.value = await subscribe(key)
      if (state.value === 'on') localStorage.setItem(KEPT, person() ?? '')
    },
    turnOff: async () => {
      const device = await inputs.device()
      if (device !== null) await call('DELETE', `/api/push/${encodeURIComponent(device)}`)
      localStorage.removeItem(KEPT)
      state.value = 'off'
      const registration = await navigator.serviceWorker.getRegistration('/')
      await (await registration?.pushManager.getSubscription())?.unsubscribe()
    },
  }
}

function supported(): boolean {
  return (
    isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
  )
}

/** This browser's subscription with our key; one with another key is of no use any more. */
async function subscribed(serverKey: string): Promise<PushSubscription> {
  await navigator.serviceWorker.register(trustedScript(WORKER))
  const { pushManager } = await navigator.serviceWorker.ready
  const found = await pushManager.getSubscription()
  if (found && encoded(found.options.applicationServerKey) === serverKey) return found
  await found?.unsubscribe()
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: serverKey })
}

/** base64url without padding. */
function encoded(bytes: ArrayBuffer | null): string {
  const text = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)))
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

async function takeAway(tags: ReadonlySet<string>): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const registration = await navigator.serviceWorker.getRegistration('/')
  for (const shown of (await registration?.getNotifications()) ?? []) if (tags.has(shown.tag)) shown.close()
}
