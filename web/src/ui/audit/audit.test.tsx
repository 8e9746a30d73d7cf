// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { describe, expect, it, vi } from 'vitest'
import type { AuditLine, AuditPage, Role } from '../../contract'
import { Refusal } from '../../model/api'
import { EVERYTHING, type AuditWish } from '../../model/audit'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { Audit } from './Audit'

const name = (zh: string, en: string) => ({ zh, en })

function line(seq: number, more: Partial<AuditLine> = {}): AuditLine {
  return {
    seq,
    at: new Date(2026, 10, 26, 21, 4, 9).getTime(),
    action: 'replay_opened',
    person: 'p-chen',
    name: name('陈立群', 'Chen Liqun'),
    object: 'room-1',
    about: null,
    address: '10.0.0.7',
    detail: '',
    hash: '',
    ...more,
  }
}

type List = (wish: AuditWish, before?: number) => Promise<AuditPage>
async function drawn(list: List, role: Role = 'auditor') {
  const me = { person: { id: 'p-qian', role, name: name('钱文', 'Qian Wen'), skills: [] }, also: [] }
  const model = modelOf({
    me: signal(me),
    incoming: signal([]),
    audit: { list, exportUrl: (wish: AuditWish) => `/export?${wish.who}${wish.action}` },
  })
  return draw(
    <LocationProvider>
      <Audit />
    </LocationProvider>,
    model,
  )
}
const rows = () => [...document.querySelectorAll('[data-testid=audit-line]')].map((row) => row.textContent)
const wait = () => act(() => Promise.resolve())

describe('the audit', () => {
  it('says who did what to whom and when, in words', async () => {
    await drawn(() =>
      Promise.resolve({
        lines: [
          line(9, { action: 'published', detail: 'learner,store' }),
          line(8, { person: null, name: null, action: 'room_closed', detail: 'hung_up', address: '' }),
        ],
        next: null,
      }),
    )
    await wait()
    expect(rows()).toEqual([
      '92026-11-26 21:04:09陈立群发布录像room-1新员工、门店平板10.0.0.7',
      '82026-11-26 21:04:09系统通话或培训结束room-1挂断',
    ])
  })

  it('says who was asked into a call and how', async () => {
    await drawn(() =>
      Promise.resolve({ lines: [line(9, { action: 'asked_in', detail: 'instead@p-liu' })], next: null }),
    )
    await wait()
    expect(rows()[0]).toContain('请接手 · p-liu')
  })

  it('asks for what was typed once it is sent, and exports the same', async () => {
    const list = vi.fn<List>(() => Promise.resolve({ lines: [line(1)], next: null }))
    await drawn(list)
    await wait()
    await type('audit-wish-who', '陈')
    expect(list).toHaveBeenCalledTimes(1)
    await press('audit-find')
    await wait()
    expect(list).toHaveBeenLastCalledWith({ ...EVERYTHING, who: '陈' }, undefined)
    expect(byTestId('audit-export').getAttribute('href')).toBe('/export?陈')
  })

  it('shows what else there is about an object that is pressed', async () => {
    const list = vi.fn<List>(() => Promise.resolve({ lines: [line(1)], next: null }))
    await drawn(list)
    await wait()
    await type('audit-wish-who', '陈')
    await press('audit-about')
    await wait()
    expect(list).toHaveBeenLastCalledWith({ ...EVERYTHING, about: 'room-1' }, undefined)
    expect(byTestId<HTMLInputElement>('audit-wish-about').value).toBe('room-1')
    expect(byTestId<HTMLInputElement>('audit-wish-who').value).toBe('')
  })

  it('goes on where the page before ended', async () => {
    const list = vi.fn<List>((_wish, before) =>
      Promise.resolve(before ? { lines: [line(1)], next: null } : { lines: [line(3), line(2)], next: 2 }),
    )
    await drawn(list)
    await wait()
    await press('audit-more')
    await wait()
    expect(list).toHaveBeenLastCalledWith(EVERYTHING, 2)
    expect(rows()).toHaveLength(3)
    expect(document.querySelector('[data-testid=audit-more]')).toBeNull()
  })

  it('leaves an answer alone that comes after another wish', async () => {
    const answers: ((page: AuditPage) => void)[] = []
    await drawn(() => new Promise((resolve) => answers.push(resolve)))
    await press('audit-find')
    await act(() => answers[1]!({ lines: [line(2)], next: null }))
    await act(() => answers[0]!({ lines: [line(1)], next: null }))
    expect(rows()).toHaveLength(1)
    expect(rows()[0]).toMatch(/^2/)
  })

  it('says that there is nothing, and that it cannot be shown', async () => {
    const list = vi.fn<List>(() => Promise.resolve({ lines: [], next: null }))
    await drawn(list)
    await wait()
    expect(document.body.textContent).toContain('没有这样的记录')
    list.mockRejectedValueOnce(new Refusal('unavailable'))
    await press('audit-clear')
    await wait()
    expect(document.querySelector('[role=alert]')).not.toBeNull()
    await press('retry')
    await wait()
    expect(document.querySelector('[role=alert]')).toBeNull()
  })

  it('is where an auditor begins, and one of five places of an administrator', async () => {
    for (const [role, places] of [
      ['auditor', ['nav-audit', 'nav-archive']],
      ['admin', ['nav-archive', 'nav-call', 'nav-callbacks', 'nav-audit', 'nav-admin']],
    ] as const) {
      await drawn(() => Promise.resolve({ lines: [], next: null }), role)
      const found = [...document.querySelectorAll<HTMLElement>('nav .rail-place[data-testid^=nav-]')]
      expect(found.map((place) => place.dataset.testid)).toEqual(places)
    }
  })
})
