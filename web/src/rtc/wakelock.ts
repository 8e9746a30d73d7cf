/** Keeps the screen on during a call; taken again when the page is shown again. */

export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null
  let over = false
  const take = async () => {
    if (over || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
    try {
      const taken = await navigator.wakeLock.request('screen')
      if (over) await taken.release()
      else lock = taken
    } catch {
      // Refused on low battery: a dark screen is then what the device wants.
    }
  }
  const shown = () => void take()
  document.addEventListener('visibilitychange', shown)
  void take()
  return () => {
    over = true
    document.removeEventListener('visibilitychange', shown)
    void lock?.release()
  }
}
