/** A tablet looks at itself, by hand or by itself; and what all tablets found, for those who answer for stores. */
import type { ReadonlySignal, Signal } from '@preact/signals'
import { computed, effect, untracked } from '@preact/signals'
import type { Me, OwnSelfTest, ProbeAnswer, Role } from '../../contract'
import { call } from '../../link/http'
import { tryLock } from '../../link/lock'
import type { Capture } from '../../rtc/capture'
import type { Ways } from '../../rtc/ways'
import type { CheckUp, Model } from '../api'
import { LiveHealth } from '../health'
import { holds } from '../roles'
import { SelfTests } from '../selftest'
import type { Calls } from './calls'
import type { Who } from './who'

/** Who answers for stores, and so for their tablets. */
const OVERSEE: readonly Role[] = ['admin', 'manager', 'store_manager', 'operations']

export function wireCheckUps(
  { session, person, rooms, linked, listen }: Who,
  { inCall }: Calls,
  { checking, testing }: { checking: ReadonlySignal<boolean>; testing: Signal<boolean> },
  capture: Capture,
  ways: Ways,
) {
  let made: CheckUp | null = null
  const checkUp = async (): Promise<CheckUp> => {
    const { createCheckUp } = await import('../checkup')
    return (made ??= createCheckUp({
      link: session.link,
      capture: capture.state,
      camera: capture.camera,
      microphone: capture.microphone,
      openDevices: () => {
        testing.value = true
        return capture.open()
      },
      closeDevices: () => {
        testing.value = false
      },
      aheadMs: () => (session.link.peek() === 'online' ? Date.now() - session.clock.now() : null),
      ways: () => ways.get(),
      ask: (offer) => call<ProbeAnswer>('POST', '/api/probes', { body: offer }),
      upload: (body, signal) => call('POST', '/api/self-tests/upload', { body, signal }),
      knock: () => call<Me>('GET', '/api/me'),
    }))
  }
  const selfTests = new SelfTests({
    tablet: computed(() => (session.me.value?.person.role === 'store' ? person.value : null)),
    version: () => session.me.peek()?.version ?? '?',
    free: computed(
      () => linked.value && !inCall.value && rooms.incoming.value.length === 0 && !checking.value,
    ),
    checkUp,
    learn: () => call<OwnSelfTest>('GET', '/api/self-tests/own'),
    report: (body) => call('POST', '/api/self-tests', { body }),
    alone: () => tryLock('passline-self-test'),
    nowMs: () => session.clock.now(),
    monoMs: () => performance.now(),
  })
  const health = new LiveHealth()
  effect(() => {
    if (linked.value && holds(session.me.value, OVERSEE)) untracked(() => health.count())
  })
  listen(health, {
    take: (message) => {
      if (message.type !== 'self_test_wanted') return false
      void selfTests.ordered()
      return true
    },
  })

  return {
    start: () => selfTests.start(),

    api: {
      checkUp: async () => {
        const one = await checkUp()
        return {
          ...one,
          run: async (asked) => {
            const checks = await one.run(asked)
            if (checks) void selfTests.byHand(checks)
            return checks
          },
        }
      },
      ownTest: selfTests.last,
      health,
      failingStores: health.failing,
    } satisfies Partial<Model>,
  }
}
