// @vitest-environment happy-dom
import { LocationProvider } from 'preact-iso'
import { describe, expect, it, vi } from 'vitest'
import type { ArchiveEntry, Inventory, KeptEquipment, Role, Stores } from '../../contract'
import { Refusal } from '../../model/api'
import type { EquipmentDesk } from '../../model/equipment'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { EquipmentPage } from './EquipmentPage'
import { MachineCalls } from './Machine'

const NOW = new Date(2026, 10, 26, 12).getTime()
const name = (zh: string, en: string) => ({ zh, en })
const STORES: Stores = {
  regions: [{ id: 'r-east', name: name('华东', 'East') }],
  stores: [
    {
      id: 's-1',
      number: '0117',
      name: name('静安寺店', "Jing'an"),
      region: 'r-east',
      tablets: [],
      closed: false,
      devices: [],
      tag: 's1',
    },
  ],
}
const record = (id: string, code: string, retired = false): KeptEquipment => ({
  machine: {
    id,
    code,
    name: name('双缸炸炉', 'Twin fryer'),
    make: 'Henny Penny',
    model: 'OFE-322',
    serial: `HP-${code}`,
    installed_on: '2024-04-01',
    warranty_until: '2026-11-25',
    note: '总闸在左后方',
  },
  store: { id: 's-1', number: '0117', name: name('静安寺店', "Jing'an"), region: 'r-east' },
  reason: 'equipment',
  retired,
  tag: 'e1',
})
const FRYER = record('e-1', '7K3MPX9T01')
const INVENTORY: Inventory = { equipment: [FRYER, record('e-2', '7K3MPX9T02', true)], more: false }

const settled = () => act(() => new Promise<void>((resolve) => setTimeout(resolve)))

async function drawn(parts: Partial<EquipmentDesk> = {}, role: Role = 'admin') {
  const equipment = { list: () => Promise.resolve(INVENTORY), ...parts }
  const me = { person: { id: 'p-me', role, name: name('赵敏', 'Zhao Min'), skills: [] }, also: [] }
  const model = modelOf({
    me: signal(me),
    incoming: signal([]),
    tick: signal(NOW),
    equipment,
    organisation: { stores: () => Promise.resolve(STORES) },
    archive: { list: () => Promise.resolve({ entries: [], next: null }) },
  })
  await draw(
    <LocationProvider>
      <EquipmentPage />
    </LocationProvider>,
    model,
  )
  await settled()
}

describe('the machines of the stores', () => {
  it('are listed with what tells them apart, their warranty, and what is retired', async () => {
    await drawn()
    const rows = [...document.querySelectorAll<HTMLElement>('[data-testid=equipment-row]')]
    expect(rows.map((row) => [row.dataset.code, row.dataset.retired])).toEqual([
      ['7K3MPX9T01', 'false'],
      ['7K3MPX9T02', 'true'],
    ])
    expect(rows[0]?.textContent).toContain('7K3MP-X9T01')
    expect(rows[0]?.textContent).toContain('已过保 2026-11-25')
  })

  it('prints stickers of what is shown and in use', async () => {
    const print = vi.fn<EquipmentDesk['print']>(() => Promise.resolve(new Blob(['%PDF'])))
    const saved = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
    await drawn({ print })
    expect(byTestId('equipment-print').textContent).toContain('打印 1 张贴纸')
    await press('equipment-print')
    await settled()
    expect(print).toHaveBeenCalledWith(['e-1'])
    expect(saved).toHaveBeenCalledOnce()
    saved.mockRestore()
  })

  it('says that the search must be narrowed where there are too many', async () => {
    await drawn({ list: () => Promise.resolve({ ...INVENTORY, more: true }) })
    expect(byTestId('equipment-more').textContent).toContain('480')
  })

  it('are changed with all that is known, and a taken serial number is said in words', async () => {
    const change = vi.fn<EquipmentDesk['change']>(() => Promise.reject(new Refusal('conflict')))
    await drawn({ change })
    await press('open-7K3MPX9T01')
    await type('equipment-serial', ' ')
    await press('equipment-save')
    expect(change).not.toHaveBeenCalled()
    await type('equipment-serial', 'HP-9')
    await press('equipment-save')
    await settled()
    expect(change).toHaveBeenCalledWith(
      'e-1',
      {
        name: FRYER.machine.name,
        make: 'Henny Penny',
        model: 'OFE-322',
        serial: 'HP-9',
        installed_on: '2024-04-01',
        warranty_until: '2026-11-25',
        note: '总闸在左后方',
        store: 's-1',
        reason: 'equipment',
      },
      'e1',
    )
    expect(byTestId('equipment-problem').textContent).toContain('这个品牌和序列号的设备已经有了')
  })

  it('are retired only when asked twice', async () => {
    const retire = vi.fn<EquipmentDesk['retire']>(() => Promise.resolve())
    await drawn({ retire })
    await press('open-7K3MPX9T01')
    await press('equipment-retire')
    expect(retire).not.toHaveBeenCalled()
    await press('equipment-retire')
    await settled()
    expect(retire).toHaveBeenCalledWith('e-1', true)
  })

  it('give a manager nothing to change, but all there is to read and to print', async () => {
    await drawn({}, 'manager')
    for (const id of ['equipment-add', 'equipment-import'])
      expect(document.querySelector(`[data-testid=${id}]`), id).toBeNull()
    await press('open-7K3MPX9T01')
    expect(byTestId('machine-facts').textContent).toContain('总闸在左后方')
    expect(byTestId('equipment-print-one')).toBeDefined()
    expect(document.querySelector('[data-testid=equipment-save]')).toBeNull()
  })
})

const entry = (n: number, more: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  room: `room-${n}`,
  kind: 'call',
  title: null,
  reason: 'equipment',
  equipment: FRYER.machine,
  store: FRYER.store,
  people: [],
  opened_at: NOW - n * 3_600_000,
  closed_at: NOW - n * 3_600_000 + 60_000,
  end: 'missed',
  recording: 'off',
  deleted_at: null,
  damaged: false,
  duration_s: null,
  published: [],
  progress_s: null,
  done: false,
  ...more,
})

describe('the last calls about a machine', () => {
  it('are three, with the last recording among them, in a tab of its own', async () => {
    const entries = [1, 2, 3, 4, 5].map((n) =>
      entry(n, n === 5 ? { end: 'hung_up', recording: 'safe', duration_s: 60 } : {}),
    )
    const list = vi.fn(() => Promise.resolve({ entries, next: null }))
    await draw(
      <MachineCalls machine={FRYER.machine} apart />,
      modelOf({ tick: signal(NOW), me: signal(null), archive: { list } }),
    )
    await settled()
    expect(list).toHaveBeenCalledWith(undefined, 'e-1')
    expect(byTestId('machine-calls').querySelectorAll('.recent')).toHaveLength(3)
    const link = byTestId<HTMLAnchorElement>('recent-replay')
    expect([link.getAttribute('href'), link.target]).toEqual(['/archive/room-5', '_blank'])
  })
  it('may be none', async () => {
    const model = modelOf({
      tick: signal(NOW),
      me: signal(null),
      archive: { list: () => Promise.resolve({ entries: [], next: null }) },
    })
    await draw(<MachineCalls machine={FRYER.machine} />, model)
    await settled()
    expect(byTestId('machine-calls').textContent).toContain('还没有为它打过电话')
  })
})
