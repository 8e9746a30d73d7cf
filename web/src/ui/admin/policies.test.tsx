// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import type { KeptPolicies, Policies } from '../../contract'
import { Refusal } from '../../model/api'
import { POLICIES } from '../gallery/policies'
import { shown } from '../parts/Toasts'
import { act, byTestId, draw, modelOf, signal } from '../testing'
import { LocationProvider } from 'preact-iso'
import { PoliciesPage } from './PoliciesPage'

const settled = (): Promise<void> => act(() => Promise.resolve()) as Promise<void>

const KEPT: KeptPolicies = { ...POLICIES, tag: '1' }
/** A server that keeps what it is told, under the next tag. */
const keep = (policies: Policies, replaces: string): Promise<KeptPolicies> =>
  Promise.resolve({ ...policies, tag: `${Number(replaces) + 1}` })

async function drawn(set: typeof keep, get = () => Promise.resolve(KEPT)) {
  const person = { id: 'p-admin', role: 'admin', name: { zh: '赵', en: 'Zhao' } }
  const me = signal<object>({ person, also: [], partly: [] })
  const model = modelOf({ me, incoming: signal([]), experts: signal([]), policies: { get, set } })
  await draw(
    <LocationProvider>
      <PoliciesPage />
    </LocationProvider>,
    model,
    'en',
  )
  await settled()
  return me
}

const choose = (id: string, value: string): Promise<void> =>
  act(() => {
    const select = byTestId<HTMLSelectElement>(id)
    select.value = value
    select.dispatchEvent(new Event('change', { bubbles: true }))
  }) as Promise<void>

describe('the rules of the chain', () => {
  it('sends all of them with the one that was changed', async () => {
    const set = vi.fn(keep)
    await drawn(set)
    await act(() => byTestId('policy-guests').click())
    await settled()
    expect(set).toHaveBeenLastCalledWith({ ...POLICIES, guests: false }, '1')
    await choose('policy-archive-store', 'region')
    await settled()
    expect(set).toHaveBeenLastCalledWith(
      { ...POLICIES, guests: false, archive: { ...POLICIES.archive, store: 'region' } },
      '2',
    )
  })

  it('shows what holds again if a change was refused', async () => {
    const get = vi.fn(() => Promise.resolve({ ...KEPT }))
    await drawn(() => Promise.reject(new Refusal('unavailable')), get)
    await choose('policy-recorded', 'never')
    await settled()
    await settled()
    expect(get).toHaveBeenCalledTimes(2)
    expect(byTestId<HTMLSelectElement>('policy-recorded').value).toBe('always')
  })

  it('says what to do if somebody else was quicker, and shows theirs', async () => {
    const get = vi.fn(() => Promise.resolve(KEPT))
    await drawn(() => Promise.reject(new Refusal('precondition')), get)
    get.mockResolvedValue({ ...KEPT, guests: false, tag: '2' })
    await choose('policy-recorded', 'never')
    await settled()
    await settled()
    expect(shown.value?.text()).toContain('Somebody else changed the rules')
    expect(byTestId<HTMLSelectElement>('policy-recorded').value).toBe('always')
    expect(byTestId<HTMLInputElement>('policy-guests').checked).toBe(false)
  })

  it('follows what somebody else sets while it is open', async () => {
    const get = vi.fn(() => Promise.resolve(KEPT))
    const me = await drawn(keep, get)
    get.mockResolvedValue({ ...KEPT, guests: false, tag: '2' })
    await act(() => void (me.value = { ...me.value, policies: { ...POLICIES, guests: false } }))
    await settled()
    expect(byTestId<HTMLInputElement>('policy-guests').checked).toBe(false)
    expect(get).toHaveBeenCalledTimes(2)
  })

  it('keeps a time that is none of the usual ones', async () => {
    await drawn(keep, () => Promise.resolve({ ...KEPT, pin_idle_min: 7 }))
    expect(byTestId<HTMLSelectElement>('policy-pin-idle').value).toBe('7')
    expect(document.body.textContent).toContain('7 minutes')
  })
})
