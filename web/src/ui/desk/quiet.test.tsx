// @vitest-environment happy-dom
/** An expert says when calls may ring: what is sent, what is said, and what stands there meanwhile. */
import { LocationProvider } from 'preact-iso'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { KeptQuiet, Presence, Quiet } from '../../contract'
import { CHEN, NOW, entry } from '../gallery/people'
import { Console } from '../console/Console'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { Refusal } from '../../model/api'
import { shown } from '../parts/Toasts'
import { QuietDialog } from './QuietDialog'

const NONE: KeptQuiet = { tag: 'q1', do_not_disturb: false, until: null, hours: null }
const set = vi.fn<(quiet: Quiet, replaces: string) => Promise<void>>(() => Promise.resolve())
const closed = vi.fn()
const dialog = async (known: KeptQuiet, language?: 'en') => {
  await draw(
    <QuietDialog onClose={closed} />,
    modelOf({ tick: signal(NOW), now: () => NOW, quiet: { get: () => Promise.resolve(known), set } }),
    language,
  )
  await act(() => Promise.resolve())
}

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
  set.mockClear()
  closed.mockClear()
})

describe('when calls ring me', () => {
  it('is off at first, and ends by itself after the time that is chosen', async () => {
    await dialog(NONE)
    expect(byTestId<HTMLInputElement>('quiet-off').checked).toBe(true)
    await press('quiet-60')
    await press('quiet-save')
    await act(() => Promise.resolve())
    expect(set).toHaveBeenCalledExactlyOnceWith(
      {
        do_not_disturb: true,
        until: NOW + 3_600_000,
        hours: null,
      },
      'q1',
    )
    expect(closed).toHaveBeenCalledOnce()
  })
  it('keeps what was set before, word for word', async () => {
    const known = {
      do_not_disturb: true,
      until: NOW + 60_000,
      hours: { from_min: 1320, to_min: 420, zone: 'Asia/Shanghai' },
    }
    await dialog({ ...known, tag: 'q2' }, 'en')
    expect(byTestId('quiet-dialog').textContent).toContain('Until 14:33, as set before')
    expect(byTestId<HTMLInputElement>('quiet-from').value).toBe('22:00')
    await press('quiet-save')
    expect(set).toHaveBeenCalledExactlyOnceWith(known, 'q2')
  })
  it('takes hours over midnight in the zone of this browser, and no time that is none', async () => {
    await dialog(NONE)
    await press('quiet-daily')
    await type('quiet-to', '22:00')
    await press('quiet-save')
    expect(byTestId('quiet-dialog').textContent).toContain('两个不同的时间')
    expect(set).not.toHaveBeenCalled()
    await type('quiet-to', '06:30')
    await press('quiet-save')
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    expect(set).toHaveBeenCalledExactlyOnceWith(
      {
        do_not_disturb: false,
        until: null,
        hours: { from_min: 1320, to_min: 390, zone },
      },
      'q1',
    )
  })
  it('is shown as it stands now where another device was quicker', async () => {
    const get = vi.fn(() => Promise.resolve(NONE))
    set.mockImplementationOnce(() => Promise.reject(new Refusal('precondition')))
    await draw(
      <QuietDialog onClose={closed} />,
      modelOf({ tick: signal(NOW), now: () => NOW, quiet: { get, set } }),
      'en',
    )
    await act(() => Promise.resolve())
    await press('quiet-60')
    get.mockImplementation(() => Promise.resolve({ ...NONE, do_not_disturb: true, tag: 'q2' }))
    await press('quiet-save')
    await act(() => Promise.resolve())
    expect(shown.value?.text()).toContain('on another device meanwhile')
    expect(byTestId<HTMLInputElement>('quiet-open').checked).toBe(true)
    expect(closed).not.toHaveBeenCalled()
  })
  it('says that it could not be read, and tries again', async () => {
    const get = vi.fn(() => Promise.reject<KeptQuiet>(new Error('no network')))
    await draw(<QuietDialog onClose={closed} />, modelOf({ tick: signal(NOW), quiet: { get, set } }))
    await act(() => Promise.resolve())
    get.mockImplementation(() => Promise.resolve(NONE))
    await press('retry')
    await act(() => Promise.resolve())
    expect(byTestId<HTMLInputElement>('quiet-off').checked).toBe(true)
  })
})

describe('the console', () => {
  const show = (presence: Presence) =>
    draw(
      <LocationProvider>
        <Console />
      </LocationProvider>,
      modelOf({
        me: signal({ person: CHEN, also: [], chain: { zh: '', en: '' } }),
        tick: signal(NOW),
        link: signal('online'),
        incoming: signal([]),
        stores: signal([]),
        experts: signal([entry(CHEN, presence)]),
        presence: signal(new Map([[CHEN.id, entry(CHEN, presence)]])),
        quiet: { get: () => Promise.resolve(NONE), set },
        archive: { list: () => Promise.resolve({ entries: [], next: null }) },
      }),
    )
  it('says while calls do not ring here, and leads to where that is changed', async () => {
    await show('do_not_disturb')
    expect(byTestId('my-presence').getAttribute('aria-label')).toContain('勿扰')
    await press('quiet-change')
    expect(byTestId('quiet-dialog')).toBeTruthy()
    await show('free')
    expect(document.querySelector('[data-testid="quiet-on"]')).toBeNull()
  })
  it('lists who is away after who is free', async () => {
    await show('away')
    expect(byTestId('expert-p-chen').dataset.presence).toBe('away')
    expect(byTestId('my-presence').dataset.presence).toBe('away')
  })
})
