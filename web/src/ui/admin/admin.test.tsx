// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { describe, expect, it, vi } from 'vitest'
import type { ListProblem, PersonRecord, Role, Stores } from '../../contract'
import { Refusal } from '../../model/api'
import type { Organisation } from '../../model/organisation'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { PeoplePage } from './PeoplePage'
import { StoresPage } from './StoresPage'

const NOW = new Date(2026, 10, 26, 12).getTime()
const name = (zh: string, en: string) => ({ zh, en })

function record(login: string, zh: string, more: Partial<PersonRecord> = {}): PersonRecord {
  return {
    person: {
      id: `p-${login}`,
      role: 'expert',
      name: name(zh, login),
      skills: ['it'],
      title: null,
      department: null,
      operator: null,
      store: null,
    },
    login,
    region: null,
    also: [],
    by_groups: [],
    disabled: false,
    has_password: true,
    passkeys: 0,
    invited_until: null,
    seen_at: null,
    tag: 't1',
    roles_tag: 'r1',
    ...more,
  }
}

const PEOPLE = [
  record('chen', '陈立群'),
  record('zhang', '张建国', { disabled: true }),
  record('sun', '孙明', { has_password: false, invited_until: NOW + 1 }),
  record('qian', '钱文', { has_password: false, invited_until: NOW }),
]
const STORES: Stores = {
  regions: [{ id: 'r-east', name: name('华东', 'East') }],
  stores: [
    {
      id: 's-1',
      number: '0117',
      name: name('静安寺店', "Jing'an"),
      region: 'r-east',
      tablets: [record('store-0117', '静安寺店')],
      closed: false,
      devices: [],
      tag: 's1',
    },
  ],
}

const ALSO = [{ role: 'auditor' as const, region: null, store: null }]

async function drawn(
  page: 'people' | 'stores',
  parts: Partial<Organisation> = {},
  role: Role = 'admin',
  also: Role[] = [],
  partly: Role[] = [],
) {
  const organisation = {
    people: () => Promise.resolve(PEOPLE),
    stores: () => Promise.resolve(STORES),
    copyUrl: (person: string) => `/copy/of/${person}`,
    ...parts,
  }
  const me = { person: { id: 'p-me', role, name: name('赵敏', 'Zhao Min'), skills: [] }, also, partly }
  const model = modelOf({ me: signal(me), incoming: signal([]), tick: signal(NOW), organisation })
  await draw(
    <LocationProvider>{page === 'people' ? <PeoplePage /> : <StoresPage />}</LocationProvider>,
    model,
  )
  await settled()
}
const settled = () => act(() => Promise.resolve())
const choose = (id: string, value: string) =>
  act(() => {
    const select = byTestId<HTMLSelectElement>(id)
    select.value = value
    select.dispatchEvent(new Event('change', { bubbles: true }))
  })
const rows = () =>
  [...document.querySelectorAll<HTMLElement>('[data-testid=person-row]')].map(
    ({ dataset }) => `${dataset.login} ${dataset.state}`,
  )

describe('the list of stores', () => {
  it('begins with what a link to a store looks for', async () => {
    history.replaceState(null, '', '/admin/stores?sought=0117')
    await drawn('stores')
    expect(byTestId<HTMLInputElement>('admin-search').value).toBe('0117')
    history.replaceState(null, '', '/')
  })
  it('keeps to what a store was when it was opened, whatever is read meanwhile', async () => {
    const changeStore = vi.fn<Organisation['changeStore']>(() => Promise.resolve())
    let tag = 's1'
    const stores = () => Promise.resolve({ ...STORES, stores: STORES.stores.map((one) => ({ ...one, tag })) })
    await drawn('stores', { stores, changeStore, disable: () => Promise.resolve() })
    await press('open-store-0117')
    tag = 's2'
    await press('turn-store-0117')
    await press('turn-store-0117')
    await settled()
    await press('store-save')
    expect(changeStore).toHaveBeenCalledWith('s-1', { name: STORES.stores[0]!.name, region: 'r-east' }, 's1')
  })
})

describe('the list of people', () => {
  it('says how everybody’s sign-in stands, and finds by first letters', async () => {
    await drawn('people')
    expect(rows()).toEqual(['chen active', 'zhang disabled', 'sun invited', 'qian expired'])
    await type('admin-search', 'zjg')
    expect(rows()).toEqual(['zhang disabled'])
    await type('admin-search', 'nobody')
    expect(document.body.textContent).toMatch(/显示 0 \/ 4.*没有这样的人换个词/)
  })

  it('does not count what it could not read', async () => {
    await drawn('people', { people: () => Promise.reject(new Refusal('unavailable')) })
    expect(byTestId('retry')).toBeDefined()
    expect(document.body.textContent).not.toContain('显示 0')
  })

  it('adds somebody and shows the link once', async () => {
    const addPerson = vi.fn<Organisation['addPerson']>(() =>
      Promise.resolve({ id: 'p-li', login: 'li', path: '/invitation#secret' }),
    )
    await drawn('people', { addPerson })
    await press('people-add')
    await type('person-name', '李娜')
    await type('person-login', 'Li Na')
    await press('person-save')
    expect(addPerson).not.toHaveBeenCalled()
    await type('person-login', 'li')
    await press('person-skill-dishes')
    await press('person-save')
    await settled()
    expect(addPerson).toHaveBeenCalledWith({
      login: 'li',
      role: 'expert',
      name: name('李娜', '李娜'),
      title: null,
      department: null,
      skills: ['dishes'],
      region: null,
      store: null,
      also: [],
    })
    expect(byTestId<HTMLInputElement>('link').value).toBe(`${location.origin}/invitation#secret`)
    await press('link-done')
    expect(document.body.innerHTML).not.toContain('secret')
  })

  it('takes the passkeys back of who lost a device, when asked twice', async () => {
    const takePasskeys = vi.fn<Organisation['takePasskeys']>(() => Promise.resolve())
    const people = () => Promise.resolve([record('chen', '陈立群', { passkeys: 2 }), PEOPLE[1]!])
    await drawn('people', { people, takePasskeys })
    await press('open-zhang')
    expect(document.querySelector('[data-testid=person-passkeys]')).toBeNull()
    await press('open-chen')
    expect(byTestId('person-passkeys').textContent).toContain('2')
    await press('person-passkeys')
    expect(takePasskeys).not.toHaveBeenCalled()
    await press('person-passkeys')
    await settled()
    expect(takePasskeys).toHaveBeenCalledExactlyOnceWith('p-chen')
    expect(document.querySelector('[data-testid=person-dialog]')).toBeNull()
  })

  it('changes what somebody may do, and only if it differs', async () => {
    const giveRoles = vi.fn<Organisation['giveRoles']>(() => Promise.resolve('r2'))
    const changePerson = vi.fn<Organisation['changePerson']>(() => Promise.resolve('t2'))
    await drawn('people', { giveRoles, changePerson })
    await press('open-chen')
    await press('person-save')
    await settled()
    expect([...giveRoles.mock.calls, ...changePerson.mock.calls]).toEqual([])
    await press('open-chen')
    await choose('person-role', 'manager')
    expect(byTestId<HTMLSelectElement>('person-place').value).toBe('r:r-east')
    await press('also-add')
    await choose('also-0-role', 'store_manager')
    await press('also-add')
    await press('also-1-remove')
    await press('person-save')
    await settled()
    expect(giveRoles).toHaveBeenCalledWith(
      'p-chen',
      {
        role: 'manager',
        region: 'r-east',
        store: null,
        also: [{ role: 'store_manager', region: null, store: 's-1' }],
      },
      'r1',
    )
    expect(changePerson).toHaveBeenLastCalledWith('p-chen', expect.objectContaining({ skills: [] }), 't1')
    expect(changePerson.mock.invocationCallOrder[0]!).toBeLessThan(giveRoles.mock.invocationCallOrder[0]!)
  })

  it('shows what a group gives somebody, and leaves it to the group', async () => {
    const giveRoles = vi.fn<Organisation['giveRoles']>(() => Promise.resolve('r2'))
    const changePerson = (): Promise<string> => Promise.resolve('t2')
    const brought = { role: 'trainer' as const, region: 'r-east', store: null }
    const byHand = { role: 'auditor' as const, region: null, store: null }
    const main = { role: 'expert' as const, region: null, store: null }
    const wen = record('wen', '温', { also: [brought, byHand], by_groups: [main, brought] })
    await drawn('people', { people: () => Promise.resolve([wen]), giveRoles, changePerson })
    await press('open-wen')
    expect(byTestId('main-by-group').textContent).toContain('群组')
    expect(byTestId('also-0-by-group').textContent).toContain('培训师 华东')
    expect(document.querySelector('[data-testid=also-0-remove]')).toBeNull()
    await press('also-1-remove')
    await press('person-save')
    await settled()
    expect(giveRoles).toHaveBeenCalledWith('p-wen', { ...main, also: [brought] }, 'r1')
  })

  it('undoes nothing unseen that somebody else has changed meanwhile', async () => {
    let tag = 't1'
    const changePerson = vi.fn<Organisation['changePerson']>((_person, _change, replaces) =>
      replaces === 't2' ? Promise.resolve('t3') : Promise.reject(new Refusal('precondition')),
    )
    const giveRoles = vi.fn<Organisation['giveRoles']>(() => Promise.resolve('r2'))
    const people = () => Promise.resolve([record('chen', '陈立群', { tag, also: tag === 't1' ? [] : ALSO })])
    await drawn('people', { people, changePerson, giveRoles })
    await press('open-chen')
    await type('person-title', '工程师')
    tag = 't2'
    await press('person-save')
    await act(() => new Promise<void>((done) => setTimeout(done)))
    expect(byTestId('person-problem').textContent).toContain('别人也改了')
    await press('person-save')
    await settled()
    expect(changePerson.mock.calls.map(([, , replaces]) => replaces)).toEqual(['t1', 't2'])
    expect(giveRoles, 'roles that were not touched here').not.toHaveBeenCalled()
    expect(document.querySelector('[data-testid=person-dialog]')).toBeNull()
  })

  it.each(['expert', 'manager'])('saves the rest where only half could be saved, as %s', async (role) => {
    const failing = { left: 2 }
    const first = vi.fn<(...args: unknown[]) => Promise<string>>(() => Promise.resolve('fresh'))
    const second = vi.fn<(...args: unknown[]) => Promise<string>>(() =>
      failing.left-- > 0 ? Promise.reject(new Refusal('unavailable')) : Promise.resolve('fresh'),
    )
    const [giveRoles, changePerson] = role === 'expert' ? [first, second] : [second, first]
    const failed = async () => {
      await press('person-save')
      await act(() => new Promise<void>((done) => setTimeout(done)))
      expect(byTestId('person-problem').textContent).not.toBe('')
    }
    await drawn('people', { giveRoles, changePerson })
    await press('open-chen')
    await type('person-title', '工程师')
    if (role === 'expert') {
      await press('also-add')
    } else {
      await choose('person-role', role)
    }
    await failed()
    await failed()
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 2])
    await (role === 'expert' ? press('also-0-remove') : type('person-title', '主管'))
    await press('person-save')
    await settled()
    const [one, other] = role === 'expert' ? ['r1', 't1'] : ['t1', 'r1']
    expect(
      first.mock.calls.map(([, , replaces]) => replaces),
      'under what it saved itself',
    ).toEqual([one, 'fresh'])
    expect(second.mock.calls.map(([, , replaces]) => replaces)).toEqual([other, other, other])
    expect(document.querySelector('[data-testid=person-dialog]')).toBeNull()
  })

  it('reads again what was half saved when it is opened anew', async () => {
    let roles_tag = 'r1'
    const giveRoles = vi.fn<Organisation['giveRoles']>(() => Promise.resolve((roles_tag = 'r2')))
    const changePerson = () => Promise.reject(new Refusal('unavailable'))
    const people = () => Promise.resolve([record('chen', '陈立群', { roles_tag })])
    await drawn('people', { people, giveRoles, changePerson })
    for (const _ of ['half', 'anew']) {
      await press('open-chen')
      await press('also-add')
      await type('person-title', '工程师')
      await press('person-save')
      await act(() => new Promise<void>((done) => setTimeout(done)))
      await press('person-cancel')
      await settled()
    }
    expect(giveRoles.mock.calls.map(([, , replaces]) => replaces)).toEqual(['r1', 'r2'])
  })

  it('hands the work of somebody who leaves to whoever is named', async () => {
    const disable = vi.fn<Organisation['disable']>(() => Promise.resolve())
    await drawn('people', { disable })
    await press('open-chen')
    await press('person-disable')
    const options = [...byTestId<HTMLSelectElement>('person-successor').options].map((one) => one.value)
    expect(options).toEqual(['', 'p-sun', 'p-qian'])
    await choose('person-successor', 'p-sun')
    await press('person-disable')
    await settled()
    expect(disable).toHaveBeenCalledWith('p-chen', true, 'p-sun')
  })

  it('downloads what is kept about somebody, and deletes nobody who is still here', async () => {
    await drawn('people')
    await press('open-chen')
    expect(byTestId('person-copy').getAttribute('href')).toBe('/copy/of/p-chen')
    expect(document.querySelector('[data-testid=person-erase]')).toBeNull()
    expect(byTestId('person-dialog').textContent).toContain('先停用')
  })

  it('deletes who has left only under the name that was typed, and says that it is for good', async () => {
    const erase = vi.fn<Organisation['erase']>(() => Promise.resolve())
    await drawn('people', { erase })
    await press('open-zhang')
    await press('person-erase')
    expect(byTestId('erase-dialog').textContent).toMatch(/永久删除张建国？.*不能恢复/)
    await press('person-erase-sure')
    await type('person-erase-name', '张建')
    await press('person-erase-sure')
    expect(erase).not.toHaveBeenCalled()
    expect(byTestId('person-dialog').textContent).toContain('请照样输入：张建国')
    await type('person-erase-name', ' 张建国 ')
    await press('person-erase-sure')
    await settled()
    expect(erase).toHaveBeenCalledExactlyOnceWith('p-zhang', '张建国')
    expect(document.querySelector('[data-testid=person-dialog]')).toBeNull()
  })

  it('says why somebody cannot be deleted yet, and stays where it is', async () => {
    const erase = () => Promise.reject(new Refusal('conflict'))
    await drawn('people', { erase })
    await press('open-zhang')
    await press('person-erase')
    await type('person-erase-name', 'zhang')
    await press('person-erase-sure')
    await settled()
    expect(byTestId('person-dialog').textContent).toContain('还不能删除')
    expect(byTestId<HTMLInputElement>('person-erase-name').value).toBe('zhang')
  })

  it('stays while somebody is being deleted, so that a refusal is read', async () => {
    let refuse: (why: Refusal) => void = () => undefined
    await drawn('people', { erase: () => new Promise((_, no) => (refuse = no)) })
    await press('open-zhang')
    await press('person-erase')
    await type('person-erase-name', 'zhang')
    await press('person-erase-sure')
    await press('person-erase-close')
    await act(() => void byTestId('erase-dialog').dispatchEvent(new Event('cancel')))
    await act(() => refuse(new Refusal('conflict')))
    await settled()
    expect(byTestId('erase-dialog').textContent).toContain('还不能删除')
    await press('person-erase-close')
    expect(document.querySelector('[data-testid=erase-dialog]')).toBeNull()
  })

  it('says in its own words why something was refused, and keeps what was typed', async () => {
    await drawn('people', { disable: () => Promise.reject(new Refusal('conflict')) })
    await press('open-chen')
    await press('person-disable')
    await press('person-disable')
    await settled()
    expect(byTestId('person-problem').textContent).toBe('登录名已有人用，或这是最后一个管理员。')
    expect(byTestId<HTMLInputElement>('person-name').value).toBe('陈立群')
  })
})

const BAD: ListProblem[] = [
  { line: 5, fault: 'empty', about: { column: 'name' }, text: 'name is empty' },
  { line: 6, fault: 'login_taken', about: { value: 'li' }, text: 'the login li is taken' },
]

describe('an imported list', () => {
  it('names its bad lines and cannot be applied', async () => {
    const takeStores = vi.fn<Organisation['takeStores']>(() =>
      Promise.resolve({
        problems: BAD,
        added: [],
        changed: [],
        regions: [],
        same: 0,
      }),
    )
    await drawn('stores', { takeStores })
    await press('stores-import')
    const input = byTestId<HTMLInputElement>('import-file')
    Object.defineProperty(input, 'files', { value: [new File(['x'], 'x.csv')] })
    await act(() => void input.dispatchEvent(new Event('change', { bubbles: true })))
    await settled()
    expect(takeStores.mock.calls.map(([, apply]) => apply)).toEqual([false])
    expect(byTestId('import-problems').textContent).toContain('第 5 行 「姓名或店名」空着')
    expect(byTestId('import-problems').textContent).toContain('第 6 行 登录名 li 已经有人用')
    expect(byTestId<HTMLButtonElement>('import-apply').disabled).toBe(true)
  })
})

describe('the list of stores', () => {
  it('offers nothing of the whole chain to who administers a region', async () => {
    await drawn('stores', {}, 'admin', [], ['admin'])
    expect(byTestId('stores-add')).toBeDefined()
    for (const id of ['stores-import', 'region-add'])
      expect(document.querySelector(`[data-testid=${id}]`), id).toBeNull()
    expect(byTestId<HTMLAnchorElement>('nav-admin').getAttribute('href')).toBe('/admin/stores')
  })
  it('is changed by who administers by a further role', async () => {
    await drawn('stores', {}, 'manager', ['admin'])
    for (const id of ['stores-add', 'open-store-0117']) expect(byTestId(id)).toBeDefined()
  })
  it('gives a manager nothing to change', async () => {
    await drawn('stores', {}, 'manager')
    expect(document.body.textContent).toContain('静安寺店')
    for (const id of ['stores-add', 'stores-import', 'region-add', 'open-store-0117']) {
      expect(document.querySelector(`[data-testid=${id}]`), id).toBeNull()
    }
    const found = [...document.querySelectorAll<HTMLElement>('nav .rail-place[data-testid^=nav-]')]
    expect(found.map((place) => place.dataset.testid)).toEqual([
      'nav-archive',
      'nav-call',
      'nav-callbacks',
      'nav-places',
    ])
  })
})
