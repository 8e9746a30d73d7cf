/** The archive's list as a view has it: loading, broken, or pages that grow. */
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { ArchiveEntry } from '../../contract'
import { Refusal } from '../../model/api'
import { useModel } from '../model'

export interface Entries {
  entries: ArchiveEntry[] | null
  problem: string | null
  next: string | null
  reload: () => void
  more: () => void
}

export function useEntries(): Entries {
  const model = useModel()
  const [entries, setEntries] = useState<ArchiveEntry[] | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [next, setNext] = useState<string | null>(null)
  const load = useCallback(
    async (before?: string) => {
      setProblem(null)
      try {
        const page = await model.archive.list(before)
        setEntries((had) => (before && had ? [...had, ...page.entries] : page.entries))
        setNext(page.next ?? null)
      } catch (reason) {
        setProblem(reason instanceof Refusal ? reason.code : 'internal')
      }
    },
    [model],
  )
  useEffect(() => void load(), [load])
  return { entries, problem, next, reload: () => void load(), more: () => next && void load(next) }
}
