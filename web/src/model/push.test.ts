// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Me, RoomState } from '../contract'
import { setLang } from '../i18n'
import { CHEN, TABLETS } from '../ui/gallery/people'
import type { PushDesk } from './push'
import { createPush } from './push'

const KEY = 'AQID'
const SOON = { timeout: 20_000 }
const SUBSCRIPTION = { endpoint: 'https://fcm.googleapis.com/x', keys: { p256dh: 'p', auth: 'a' } }

let permission: NotificationPermission
let asked: NotificationPermission
let serverKey: string | null
let refused: boolean
let calls: { method: string; path: string; body: unknown }[]
let subscription: {
  options: { applicationServerKey: ArrayBuffer }
  unsubscribe: () => Promise<boolean>
} | null
let notifications: { tag: string; close: ReturnType<typeof vi.fn> }[]
const unsubscribe = vi.fn(() => {
  subscription = null
  return Promise.resolve(true)
})
const bytes = (...of: number[]): ArrayBuffer => new Uint8Array(of).buffer
const made = (...key: number[]) => ({
  options: { applicationServerKey: bytes(...key) },
  unsubscribe,
  toJSON: () => SUBSCRIPTION,
})

const registration = {
  getNotifications: () => Promise.resolve(notifications),
  pushManager: {
    getSubscription: () => Promise.resolve(subscription),
    subscribe: () => {
      if (refused) return Promise.reject(new DOMException('no push service', 'AbortError'))
      subscription = made(1, 2, 3)
      return Promise.resolve(subscription)
    },
  },
}
const register = vi.fn(() => Promise.resolve(registration))

let me = signal<Me | null>(null)
let session = signal<string | null>(null)
let incoming = signal<RoomState[]>([])

function desk(): PushDesk {
  return createPush({ me, session, incoming, device: () => Promise.resolve('device-1') })
}
const settled = async (push: PushDesk, state: string) => {
  await vi.waitFor(() => expect(push.state.value).toBe(state), SOON)
}
const puts = () => calls.filter((one) => one.method === 'PUT')

beforeEach(async () => {
  await setLang('zh-CN')
  permission = asked = 'granted'
  serverKey = KEY
  refused = false
  calls = []
  subscription = null
  notifications = []
  unsubscribe.mockClear()
  localStorage.clear()
  me = signal<Me | null>({ person: CHEN, also: [] } as unknown as Me)
  session = signal<string | null>(null)
  incoming = signal<RoomState[]>([])
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('PushManager', class {})
  vi.stubGlobal('Notification', {
    get permission() {
      return permission
    },
    requestPermission: () => {
      permission = asked
      return Promise.resolve(asked)
    },
  })
  Object.defineProperty(navigator, 'serviceWorker', {
    configurable: true,
    value: {
      register,
      ready: Promise.resolve(registration),
      getRegistration: () => Promise.resolve(registration),
    },
  })
  vi.stubGlobal(
    'fetch',
    vi.fn((path: string, init: RequestInit) => {
      const body: unknown = init.body ? JSON.parse(init.body as string) : null
      calls.push({ method: init.method!, path, body })
      return Promise.resolve(
        init.method === 'GET'
          ? new Response(JSON.stringify({ key: serverKey }))
          : new Response(null, { status: 204 }),
      )
    }),
  )
})
afterEach(() => {
  session.value = null // the page of this test is over
  vi.unstubAllGlobals()
  Reflect.deleteProperty(navigator, 'serviceWorker')
})

describe('ringing while the page is closed', () => {
  it('is off until somebody turns it on, and then comes back with every connection', async () => {
    const push = desk()
    session.value = 's1'
    await settled(push, 'off')
    await push.turnOn()
    expect(push.state.value).toBe('on')
    expect(puts()).toEqual([
      {
        method: 'PUT',
        path: '/api/push/device-1',
        body: { endpoint: SUBSCRIPTION.endpoint, p256dh: 'p', auth: 'a', language: 'zh' },
      },
    ])
    session.value = 's2'
    await vi.waitFor(() => expect(puts()).toHaveLength(2), SOON)
    await setLang('en')
    await vi.waitFor(() => expect(puts().at(-1)?.body).toMatchObject({ language: 'en' }), SOON)
    await settled(push, 'on')
  })
  it('is of the person who turned it on, not of the next one', async () => {
    localStorage.setItem('passline.push', 'p-somebody-else')
    const push = desk()
    session.value = 's1'
    await settled(push, 'off')
    expect(puts()).toEqual([])
  })
  it('takes another subscription when the server has another key', async () => {
    localStorage.setItem('passline.push', CHEN.id)
    subscription = made(9, 9, 9)
    const push = desk()
    session.value = 's1'
    await settled(push, 'on')
    expect(unsubscribe).toHaveBeenCalledOnce()
  })
  it('is turned off here and on the server', async () => {
    localStorage.setItem('passline.push', CHEN.id)
    const push = desk()
    session.value = 's1'
    await settled(push, 'on')
    await push.turnOff()
    expect(push.state.value).toBe('off')
    expect(calls.at(-1)).toMatchObject({ method: 'DELETE', path: '/api/push/device-1' })
    expect(unsubscribe).toHaveBeenCalledOnce()
    expect(localStorage.getItem('passline.push')).toBeNull()
  })
  it('says when the browser must not, cannot, or gets nothing from its push service', async () => {
    const push = desk()
    session.value = 's1'
    await settled(push, 'off')
    refused = true
    await push.turnOn()
    expect(push.state.value).toBe('failed')
    asked = 'denied'
    await push.turnOn()
    expect(push.state.value).toBe('denied')
    session.value = null
    Reflect.deleteProperty(navigator, 'serviceWorker')
    session.value = 's2'
    await settled(push, 'unsupported')
  })
  it('is not there for stores, nor where the server has it turned off', async () => {
    const push = desk()
    session.value = 's1'
    await settled(push, 'off')
    serverKey = null
    session.value = 's2'
    await settled(push, 'absent')
    serverKey = KEY
    me.value = { person: TABLETS[0], also: [] } as unknown as Me
    calls = []
    session.value = 's3'
    await vi.waitFor(() => expect(push.state.value).toBe('absent'), SOON)
    expect(calls).toEqual([])
  })
})

it('takes notifications away of what the page shows itself, and of what rings no more', async () => {
  const close = { a: vi.fn(), b: vi.fn() }
  notifications = [
    { tag: 'a', close: close.a },
    { tag: 'b', close: close.b },
  ]
  desk()
  incoming.value = [{ id: 'a' } as RoomState]
  await vi.waitFor(() => expect(close.a).toHaveBeenCalledTimes(1), SOON)
  incoming.value = []
  await vi.waitFor(() => expect(close.a).toHaveBeenCalledTimes(2), SOON)
  expect(close.b).not.toHaveBeenCalled()
})
