/** The archive's list as a view has it: loading, broken, or pages that grow. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { ArchiveEntry } from '../../contract'
import { Refusal } from '../../model/api'
import { useModel } from '../model'

const UNSETTLED_MS = 3000

export interface Entries {
  entries: ArchiveEntry[] | null
  problem: string | null
  next: string | null
  reload: () => void
  more: () => void
}

/** Fresh entries over those had before, newest first; pages that were fetched stay. */
export function merge(had: readonly ArchiveEntry[], fresh: readonly ArchiveEntry[]): ArchiveEntry[] {
  const rooms = new Set(fresh.map((entry) => entry.room))
  return [...fresh, ...had.filter((entry) => !rooms.has(entry.room))].sort(
    (a, b) => b.opened_at - a.opened_at,
  )
}

/** Of one machine, if `equipment` names it. */
export function useEntries(equipment?: string): Entries {
  const model = useModel()
  const [entries, setEntries] = useState<ArchiveEntry[] | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [next, setNext] = useState<string | null>(null)
  const paged = useRef(false)
  const load = useCallback(
    async (before?: string) => {
      setProblem(null)
      try {
        const page = await model.archive.list(before, equipment)
        setEntries((had) => merge(had ?? [], page.entries))
        if (before || !paged.current) setNext(page.next ?? null)
        if (before) paged.current = true
      } catch (reason) {
        setProblem(reason instanceof Refusal ? reason.code : 'internal')
      }
    },
    [model, equipment],
  )
  // A room that closed or became safe meanwhile, while this list is shown.
  const rooms = [...(model.rooms.value?.values() ?? [])]
    .map((room) => `${room.id} ${room.closed_at ?? ''} ${room.recording?.state ?? ''}`)
    .join()
  const online = model.link.value !== 'offline'
  useEffect(() => void load(), [load, rooms, online])
  const unsettled =
    entries?.some((entry) => ['recording', 'paused', 'saving'].includes(entry.recording)) ?? false
  useEffect(() => {
    if (!unsettled) return
    const timer = setInterval(() => void load(), UNSETTLED_MS)
    return () => clearInterval(timer)
  }, [load, unsettled])
  return { entries, problem, next, reload: () => void load(), more: () => next && void load(next) }
}
