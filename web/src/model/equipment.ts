/** The machines of stores: as they are kept, found by their stickers, and printed. */
import type { EquipmentRecord, EquipmentTaken, EquipmentWish, Inventory, StoreId } from '../contract'
import { call, download } from '../link/http'

/** Stickers of one order: twenty sheets. */
export const MOST_STICKERS = 480

export interface EquipmentDesk {
  /** Those that the reader may see; `sought` are words of names, make, model, serial number, code or store. */
  list(sought: string, store: StoreId): Promise<Inventory>
  /** Refusals: conflict where make and serial number are taken. */
  add(wish: EquipmentWish): Promise<void>
  /** Refusals: also precondition, if it is another than that of the tag `replaces` by now. */
  change(machine: string, wish: EquipmentWish, replaces: string): Promise<void>
  retire(machine: string, retired: boolean): Promise<void>
  /** What a list would change, or, with `apply`, what it changed. */
  takeList(list: Blob, apply: boolean): Promise<EquipmentTaken>
  /** Their stickers as PDF, at most `MOST_STICKERS`. */
  print(machines: readonly string[]): Promise<Blob>
  /** Whose sticker has this code. Refusals: not_found for another store's too. */
  find(code: string): Promise<EquipmentRecord>
}

const part = encodeURIComponent

export const equipment: EquipmentDesk = {
  list: (sought, store) => {
    const query = new URLSearchParams()
    if (sought.trim()) query.set('sought', sought.trim())
    if (store) query.set('store', store)
    return call('GET', `/api/equipment?${query}`)
  },
  add: (body) => call('POST', '/api/equipment', { body }),
  change: (machine, body, replaces) => call('PUT', `/api/equipment/${part(machine)}`, { body, replaces }),
  retire: (machine, retired) => call('PUT', `/api/equipment/${part(machine)}/retired`, { body: { retired } }),
  takeList: (list, apply) =>
    call('POST', `/api/lists/equipment?apply=${apply}`, { body: new Blob([list], { type: 'text/csv' }) }),
  print: (machines) => download('POST', '/api/stickers', { body: { equipment: machines } }),
  find: (code) => call('GET', `/api/stickers/${part(code)}`),
}
