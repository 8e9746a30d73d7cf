// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import type { Policies } from '../../contract'
import { Refusal } from '../../model/api'
import { POLICIES } from '../gallery/policies'
import { act, byTestId, draw, modelOf, signal } from '../testing'
import { LocationProvider } from 'preact-iso'
import { PoliciesPage } from './PoliciesPage'

const settled = (): Promise<void> => act(() => Promise.resolve()) as Promise<void>

async function drawn(set: (policies: Policies) => Promise<void>, get = () => Promise.resolve(POLICIES)) {
  const me = { person: { id: 'p-admin', role: 'admin', name: { zh: '赵', en: 'Zhao' } }, also: [] }
  const model = modelOf({ me: signal(me), incoming: signal([]), experts: signal([]), policies: { get, set } })
  await draw(
    <LocationProvider>
      <PoliciesPage />
    </LocationProvider>,
    model,
    'en',
  )
  await settled()
}

const choose = (id: string, value: string): Promise<void> =>
  act(() => {
    const select = byTestId<HTMLSelectElement>(id)
    select.value = value
    select.dispatchEvent(new Event('change', { bubbles: true }))
  }) as Promise<void>

describe('the rules of the chain', () => {
  it('sends all of them with the one that was changed', async () => {
    const set = vi.fn(() => Promise.resolve())
    await drawn(set)
    await act(() => byTestId('policy-guests').click())
    await settled()
    expect(set).toHaveBeenLastCalledWith({ ...POLICIES, guests: false })
    await choose('policy-archive-store', 'region')
    await settled()
    expect(set).toHaveBeenLastCalledWith({
      ...POLICIES,
      guests: false,
      archive: { ...POLICIES.archive, store: 'region' },
    })
  })

  it('shows what holds again if a change was refused', async () => {
    const get = vi.fn(() => Promise.resolve({ ...POLICIES }))
    await drawn(() => Promise.reject(new Refusal('unavailable')), get)
    await choose('policy-recorded', 'never')
    await settled()
    await settled()
    expect(get).toHaveBeenCalledTimes(2)
    expect(byTestId<HTMLSelectElement>('policy-recorded').value).toBe('always')
  })

  it('keeps a time that is none of the usual ones', async () => {
    await drawn(
      () => Promise.resolve(),
      () => Promise.resolve({ ...POLICIES, pin_idle_min: 7 }),
    )
    expect(byTestId<HTMLSelectElement>('policy-pin-idle').value).toBe('7')
    expect(document.body.textContent).toContain('7 minutes')
  })
})
