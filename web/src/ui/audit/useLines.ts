/** The lines of the audit for one wish: loading, broken, or pages that grow. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { AuditLine } from '../../contract'
import { Refusal } from '../../model/api'
import type { AuditWish } from '../../model/audit'
import { useModel } from '../model'

export interface Lines {
  lines: AuditLine[] | null
  problem: string | null
  next: number | null
  reload: () => void
  more: () => void
}

export function useLines(wish: AuditWish): Lines {
  const model = useModel()
  const [lines, setLines] = useState<AuditLine[] | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [next, setNext] = useState<number | null>(null)
  // An answer to an earlier wish may come after that to a later one.
  const asked = useRef<AuditWish | null>(null)
  const load = useCallback(
    async (before?: number) => {
      asked.current = wish
      setProblem(null)
      try {
        const page = await model.audit.list(wish, before)
        if (asked.current !== wish) return
        setLines((had) => (before === undefined ? page.lines : [...(had ?? []), ...page.lines]))
        setNext(page.next)
      } catch (reason) {
        if (asked.current === wish) setProblem(reason instanceof Refusal ? reason.code : 'internal')
      }
    },
    [model, wish],
  )
  useEffect(() => {
    void load()
    return () => {
      asked.current = null
    }
  }, [load])
  return {
    lines,
    problem,
    next,
    reload: () => void load(),
    more: () => next !== null && void load(next),
  }
}
