/** Agreement between the tabs of one browser profile, by Web Locks. */

/**
 * Waits in the background for the lock `name` and keeps it until `release`. Where Web Locks are missing every tab
 * believes it holds it; the server's idempotency makes that harmless.
 */
export function holdLock(name: string): {
  held: () => boolean
  release: () => void
  onHeld: (f: () => void) => void
} {
  let held = false
  let told: (() => void) | null = null
  let release = () => {}
  const end = new Promise<void>((resolve) => {
    release = resolve
  })
  if (!('locks' in navigator) || !navigator.locks) {
    return { held: () => true, release, onHeld: (f) => f() }
  }
  const abort = new AbortController()
  navigator.locks
    .request(name, { signal: abort.signal }, () => {
      held = true
      told?.()
      return end
    })
    .catch(() => {
      held = false
    })
  return {
    held: () => held,
    release: () => {
      held = false
      release()
      abort.abort()
    },
    onHeld: (f) => {
      told = f
      if (held) f()
    },
  }
}

/** Takes `name` only if no other tab of this profile holds it; null when one does. */
export async function tryLock(name: string): Promise<{ release: () => void } | null> {
  if (!('locks' in navigator) || !navigator.locks) return { release: () => {} }
  return new Promise((resolve) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) {
          resolve(null)
          return undefined
        }
        return new Promise<void>((release) => resolve({ release }))
      })
      // A browser that keeps no storage for this page gives no locks either.
      .catch(() => resolve(null))
  })
}
