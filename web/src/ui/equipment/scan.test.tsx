// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import type { EquipmentRecord } from '../../contract'
import { Refusal } from '../../model/api'
import type { ScanEvents } from '../../model/scan'
import { act, byTestId, draw, modelOf, press, signal, type } from '../testing'
import { ScanDialog } from './ScanDialog'

const name = (zh: string, en: string) => ({ zh, en })
const record = (retired = false): EquipmentRecord => ({
  machine: {
    id: 'e-1',
    code: '7K3MPX9T01',
    name: name('双缸炸炉', 'Twin fryer'),
    make: 'Henny Penny',
    model: 'OFE-322',
    serial: 'HP-1',
    installed_on: null,
    warranty_until: null,
    note: '',
  },
  store: { id: 's-1', number: '0117', name: name('静安寺店', "Jing'an"), region: 'r-east' },
  reason: 'dishes',
  retired,
})
const settled = () => act(() => new Promise<void>((resolve) => setTimeout(resolve)))

async function drawn(parts: { find?: () => Promise<EquipmentRecord>; code?: string } = {}) {
  const undo = vi.fn()
  const scans: ScanEvents[] = []
  const startCall = vi.fn(() => Promise.resolve('room-1'))
  const find = vi.fn((_code: string) => (parts.find ?? (() => Promise.resolve(record())))())
  const onClose = vi.fn()
  const model = modelOf({
    tick: signal(0),
    me: signal(null),
    startCall,
    equipment: { find },
    archive: { list: () => Promise.resolve({ entries: [], next: null }) },
    scan: (_video: HTMLVideoElement, events: ScanEvents) => {
      scans.push(events)
      return undo
    },
  })
  await draw(<ScanDialog code={parts.code} onClose={onClose} />, model)
  await settled()
  const scanned = async (text: string): Promise<void> => {
    await act(() => scans.at(-1)!.onText(text))
    await settled()
  }
  return { undo, scans, startCall, find, onClose, scanned }
}

describe('scanning a sticker', () => {
  it('shows the machine and calls about it with one press, and lets the camera go', async () => {
    const { scanned, find, startCall, undo, onClose } = await drawn()
    await scanned('https://passline.example/q/7K3MPX9T01')
    expect(find).toHaveBeenCalledExactlyOnceWith('7K3MPX9T01')
    expect(undo).toHaveBeenCalledOnce()
    expect(byTestId('scan-found').textContent).toContain('OFE-322')
    await press('scan-call')
    await settled()
    expect(startCall).toHaveBeenCalledExactlyOnceWith('dishes', 'e-1')
    expect(onClose).toHaveBeenCalledOnce()
  })

  it('goes on where a square is none of ours, and says so', async () => {
    const { scanned, find } = await drawn()
    await scanned('https://evil.example/')
    expect(find).not.toHaveBeenCalled()
    expect(document.body.textContent).toContain('这不是设备贴纸')
  })

  it('says what to do about a sticker that is unknown here', async () => {
    const { scanned, scans } = await drawn({ find: () => Promise.reject(new Refusal('not_found')) })
    await scanned('7K3MPX9T01')
    expect(byTestId('scan-failed').textContent).toContain('本店没有这张贴纸')
    await press('scan-again')
    expect(scans).toHaveLength(2)
  })

  it('calls nobody about a machine that is retired', async () => {
    await drawn({ find: () => Promise.resolve(record(true)), code: '7k3mp-x9t01' })
    expect(byTestId('scan-found').textContent).toContain('这台设备已停用')
    expect(document.querySelector('[data-testid=scan-call]')).toBeNull()
  })

  it('takes a code by hand, and none that cannot be one', async () => {
    const { find, undo } = await drawn()
    await press('scan-type')
    expect(undo).toHaveBeenCalledOnce()
    await type('scan-code', '7K3')
    await press('scan-find')
    expect(find).not.toHaveBeenCalled()
    await type('scan-code', '7k3mp-x9t01')
    await press('scan-find')
    await settled()
    expect(find).toHaveBeenCalledExactlyOnceWith('7K3MPX9T01')
  })

  it('says why the camera does not come and leaves the code by hand, and turns the lamp on where there is one', async () => {
    const { scans } = await drawn()
    const set = vi.fn(() => Promise.resolve())
    await act(() => scans[0]!.onTorch(set))
    await press('scan-torch')
    expect(set).toHaveBeenCalledExactlyOnceWith(true)
    await act(() => scans[0]!.onProblem('device_denied'))
    expect(byTestId('scan-problem').textContent).toContain('摄像头')
    expect(byTestId('scan-type')).toBeDefined()
  })

  it('takes an address that cannot be a sticker for an unknown one', async () => {
    const { find } = await drawn({ code: 'nonsense' })
    expect(find).not.toHaveBeenCalled()
    expect(byTestId('scan-failed')).toBeDefined()
  })
})
