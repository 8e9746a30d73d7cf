/** The chains that are being edited: each change can be taken back, and nothing is lost until it is saved or given up. */
import { useEffect, useState } from 'preact/hooks'
import type { Chains, PersonId } from '../../../contract'

interface Draft {
  /** Whose it is: the next one at this browser starts afresh. */
  by: PersonId
  /** As the server had them when the first change was made. */
  base: Chains
  /** The newest last; never empty. */
  versions: readonly Chains[]
  /** The field of the newest change: what is typed into it next is the same change. */
  field: string | null
}

const MOST_VERSIONS = 100
/** Outlives the page, so that a look at another one costs nothing. */
let kept: Draft | null = null

export interface ChainsDraft {
  chains: Chains
  unsaved: boolean
  /** Somebody else saved other chains since the first change here. */
  overtaken: boolean
  /** `field` names the one that is typed into. */
  set: (next: Chains, field?: string) => void
  undo: () => void
  /** Back to what the server has. */
  drop: () => void
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

export function useChains(by: PersonId, saved: Chains): ChainsDraft {
  const [draft, setDraft] = useState<Draft | null>(() => (kept?.by === by ? kept : null))
  const put = (next: Draft | null): void => {
    kept = next
    setDraft(next)
  }
  const chains = draft?.versions.at(-1) ?? saved
  const unsaved = draft !== null && !same(chains, saved)
  useEffect(() => {
    if (!unsaved) return
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [unsaved])
  return {
    chains,
    unsaved,
    overtaken: unsaved && !same(draft.base, saved),
    set: (next, field) => {
      if (same(next, chains)) return
      const before = draft?.versions ?? [saved]
      const typing = field !== undefined && draft?.field === field
      const versions = [...(typing ? before.slice(0, -1) : before), next].slice(-MOST_VERSIONS)
      put({ by, base: draft?.base ?? saved, versions, field: field ?? null })
    },
    undo: () => {
      if (!draft) return
      const versions = draft.versions.slice(0, -1)
      put(versions.length > 1 ? { ...draft, versions, field: null } : null)
    },
    drop: () => put(null),
  }
}
