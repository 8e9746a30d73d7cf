/** Something fetched whole when a page opens, and again after each change. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { Refusal } from '../../model/api'

export interface Loaded<T> {
  /** Null until it is there; what was there stays while it is fetched again. */
  value: T | null
  problem: string | null
  reload: () => void
}

/** `load` must be the same function each time. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  // An answer to an earlier question may come after that to a later one.
  const asked = useRef(0)
  const reload = useCallback(async () => {
    const mine = ++asked.current
    setProblem(null)
    try {
      const found = await load()
      if (mine === asked.current) setValue(found)
    } catch (reason) {
      if (mine === asked.current) setProblem(reason instanceof Refusal ? reason.code : 'internal')
    }
  }, [load])
  useEffect(() => {
    void reload()
    return () => {
      asked.current++
    }
  }, [reload])
  return { value, problem, reload: () => void reload() }
}
