// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import type { Takers } from '../../contract'
import { Refusal } from '../../model/api'
import { act, byTestId, draw, modelOf, press, signal } from '../testing'
import { Holder } from './TakeOver'

const TANG = {
  id: 'p-tang',
  name: { zh: '唐悦', en: 'Tang Yue' },
  role: 'store_manager',
  has_pin: true,
} as const
const MING: Takers['people'][number] = { ...TANG, id: 'p-ming', role: 'staff', has_pin: false }
const settled = (): Promise<void> => act(() => Promise.resolve()) as Promise<void>

async function drawn(take: (person: string, pin: string, own: string | null) => Promise<void>) {
  const takeOver = {
    takers: () => Promise.resolve({ operator: null, people: [TANG, MING] }),
    take,
    handBack: vi.fn(() => Promise.resolve()),
  }
  const me = signal({ person: { id: 'p-store', operator: null as object | null } })
  await draw(<Holder />, modelOf({ me, takeOver }), 'en')
  return { me, takeOver }
}

async function open(): Promise<void> {
  await press('who-are-you')
  await settled()
  await press('taker-p-tang')
}

async function type(pin: string): Promise<void> {
  for (const digit of pin) await press(`pin-${digit}`)
  await press('pin-done')
  await settled()
}

describe('who has the tablet', () => {
  it('takes it over with a name and a PIN, and does not offer a name without one', async () => {
    const take = vi.fn(() => Promise.resolve())
    await drawn(take)
    await press('who-are-you')
    await settled()
    expect(byTestId<HTMLButtonElement>('taker-p-ming').disabled).toBe(true)
    await press('taker-p-tang')
    await type('4711')
    expect(take).toHaveBeenCalledWith('p-tang', '4711', null)
    expect(document.querySelector('[data-testid=take-over]')).toBeNull()
  })

  it('is typed on a keyboard too, and takes four digits at least and six at most', async () => {
    const take = vi.fn(() => Promise.reject(new Refusal('wrong_pin')))
    await drawn(take)
    await open()
    const key = (name: string) =>
      act(() => {
        byTestId('pin-pad').dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }))
      })
    for (const name of ['1', '2', '3', 'Enter']) await key(name)
    expect(take).not.toHaveBeenCalled()
    for (const name of ['Backspace', '9', '0', '4', '5', '6', 'Enter']) await key(name)
    await settled()
    expect(take).toHaveBeenCalledWith('p-tang', '129045', null)
    expect(byTestId('pin-problem').textContent).toContain('not the PIN')
  })

  it('asks for a PIN of ones own twice after one of one use', async () => {
    const take = vi.fn((_person: string, _pin: string, own: string | null) =>
      own === null ? Promise.reject(new Refusal('pin_change')) : Promise.resolve(),
    )
    await drawn(take)
    await open()
    await type('800451')
    await type('4711')
    await type('4712')
    expect(byTestId('pin-problem').textContent).toContain('not the same')
    await type('4711')
    await type('4711')
    expect(take).toHaveBeenLastCalledWith('p-tang', '800451', '4711')
  })

  it('says how long a lock lasts, and hands back by one press', async () => {
    const { me, takeOver } = await drawn(() => Promise.reject(new Refusal('locked', '', 899)))
    await open()
    await type('4711')
    expect(byTestId('pin-problem').textContent).toContain('15 minutes')
    await act(() => {
      me.value = { person: { id: 'p-store', operator: { id: 'p-tang', name: TANG.name } } }
    })
    expect(byTestId('holder').textContent).toContain('Tang Yue')
    await press('hand-back')
    expect(takeOver.handBack).toHaveBeenCalledOnce()
  })
})
