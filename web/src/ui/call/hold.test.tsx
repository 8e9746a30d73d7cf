// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Hold, OwnClient, RoomState } from '../../contract'
import { Refusal } from '../../model/api'
import { REMIND_MS } from '../../model/onhold'
import { CHEN, NOW, TABLETS, member } from '../gallery/people'
import { inCall } from '../gallery/rooms'
import { shown } from '../parts/Toasts'
import { Summary } from '../summary/Summary'
import { act, byTestId, draw, modelOf, press, signal } from '../testing'
import { ContinueOn, MoveTool } from './ContinueOn'
import { GoOnHere } from './GoOnHere'
import { OnHold, Waits } from './OnHold'
import { RecordingChip } from './Words'

const settled = (): Promise<void> => act(() => Promise.resolve()) as Promise<void>
const held = (hold: Hold): RoomState => {
  const room = inCall(0)
  return { ...room, call: { ...room.call!, holds: [hold] } }
}
const hold: Hold = {
  by: CHEN.id,
  since: NOW - 83_000,
  until: null,
  over_at: NOW + 517_000,
  ended_by: null,
}

beforeEach(() => {
  shown.value = null
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true
  }
})

describe('a call on hold', () => {
  it('says for how long, and how to go on', async () => {
    const holdCall = vi.fn(() => Promise.resolve())
    const room = held(hold)
    const view = <OnHold room={room} hold={hold} me={member(CHEN, 'joined')} name="静安寺店" beside="" />
    await draw(view, modelOf({ holdCall, tick: signal(NOW) }))
    expect(byTestId('on-hold').textContent).toContain('等候中')
    expect(byTestId('hold-timer').textContent).toBe('1:23')
    expect(byTestId('on-hold').dataset.late).toBeUndefined()
    await press('resume')
    expect(holdCall).toHaveBeenCalledWith(room.id, false)
  })
  it('says whose it is to who helps, and that it is late', async () => {
    const tick = signal(hold.since + REMIND_MS)
    const view = (
      <OnHold room={held(hold)} hold={hold} me={member(TABLETS[1]!, 'joined')} name="Jing’an" beside="Liu" />
    )
    await draw(view, modelOf({ tick }), 'en')
    expect(byTestId('on-hold').textContent).toContain('put the call on hold')
    expect(byTestId('on-hold').textContent).toContain('You and Liu hear')
    expect(byTestId('on-hold').dataset.late).toBe('')
    expect(byTestId('on-hold').textContent).toMatch(/At \d+:\d\d.* the call ends/)
  })
  it('tells who waits whom they wait for and since when', async () => {
    await draw(<Waits room={held(hold)} hold={hold} />, modelOf({ tick: signal(NOW) }))
    const words = byTestId('waits').textContent
    expect(words).toContain('陈立群请你稍等')
    expect(words).toContain('1:23')
    expect(words).toMatch(/到 \d+:\d\d 还没人回来，总部会回电/)
  })
  it('does not claim to be recorded', async () => {
    await draw(<RecordingChip room={held(hold)} now={NOW} />, modelOf({}), 'en')
    expect(byTestId('recording-state').textContent).toContain('not recorded')
  })
})

it('that ended because nobody came back says who owes a call', async () => {
  const over = { ...held(hold), closed_at: NOW, end: 'hold_over' as const }
  const at = (person: typeof CHEN) =>
    draw(
      <LocationProvider>
        <Summary room={over} />
      </LocationProvider>,
      modelOf({ me: signal({ person, also: [], chain: { zh: '', en: '' } }), tick: signal(NOW) }),
    )
  await at(TABLETS[0]!)
  expect(byTestId('summary').textContent).toContain('总部会回电')
  await at(CHEN)
  expect(byTestId('summary').textContent).toContain('现在欠他们一个回电')
})

describe('one’s own other devices', () => {
  const phone: OwnClient = { session: 's-phone', kind: 'phone', name: 'Chrome, Android' }
  const open = (parts: Record<string, unknown>) =>
    draw(
      <ContinueOn room={inCall(0)} onClose={() => undefined} />,
      modelOf({ places: signal([phone]), handingOver: signal(null), ...parts }),
      'en',
    )
  it('are named, and asked to go on with the call', async () => {
    const handOver = vi.fn(() => Promise.resolve())
    await open({ handOver })
    expect(byTestId('continue-on-s-phone').textContent).toContain('Phone · Chrome, Android')
    await press('continue-on-s-phone')
    expect(handOver).toHaveBeenCalledWith('room-1', 's-phone')
  })
  it('are offered where there are any, to stores too', async () => {
    await draw(<MoveTool room={inCall(0)} />, modelOf({ places: signal([]) }))
    expect(document.querySelector('[data-testid="continue-on"]')).toBeNull()
    await draw(<MoveTool room={inCall(0)} />, modelOf({ places: signal([phone]), handingOver: signal(null) }))
    await press('continue-on')
    expect(byTestId('continue-on-dialog')).toBeDefined()
  })
  it('say that they are asked, and not twice', async () => {
    await open({ handingOver: signal(phone) })
    expect(byTestId('continue-on-s-phone').textContent).toContain('press there')
    expect(byTestId<HTMLButtonElement>('continue-on-s-phone').disabled).toBe(true)
  })
  it('ask for a press before they go on with it', async () => {
    const [takeHere, notHere] = [vi.fn(() => Promise.resolve()), vi.fn()]
    const view = <GoOnHere room={inCall(0)} />
    const parts = { takeHere, notHere, me: signal({ person: CHEN }) }
    await draw(view, modelOf(parts), 'en')
    expect(byTestId('go-on-here-dialog').textContent).toContain(
      'Camera and microphone open here when you press',
    )
    await press('not-here')
    expect(notHere).toHaveBeenCalledTimes(1)
    expect(takeHere).not.toHaveBeenCalled()
    await press('go-on-here')
    expect(takeHere).toHaveBeenCalledWith('room-1')
  })
  it('may be gone by then', async () => {
    await open({ handOver: () => Promise.reject(new Refusal('not_found')) })
    await press('continue-on-s-phone')
    await settled()
    expect(shown.value?.text()).toContain('not connected any more')
  })
})
