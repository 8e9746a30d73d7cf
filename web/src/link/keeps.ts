/** Whether this browser keeps what it is told to, by trying. */
import { deleteDB, openDB } from 'idb'

const NAME = 'passline-try'

export async function canKeep(): Promise<boolean> {
  try {
    const db = await openDB(NAME, 1, {
      upgrade: (fresh) => void fresh.createObjectStore('kept'),
    })
    try {
      await db.put('kept', new Uint8Array(64 * 1024), 'one')
      return ((await db.get('kept', 'one')) as Uint8Array | undefined)?.length === 64 * 1024
    } finally {
      db.close()
      await deleteDB(NAME)
    }
  } catch {
    return false
  }
}
