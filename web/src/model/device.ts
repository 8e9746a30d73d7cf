/** What this browser says of itself when asked: storage, battery, what it can do, whether its page is the newest. */
import { canKeep } from '../link/keeps'
import { canCapture } from '../rtc/devices'

const MB = 1_000_000

export async function storage(): Promise<{ writes: boolean; freeMb: number | null; kept: boolean | null }> {
  const [writes, estimate, kept] = await Promise.all([
    canKeep(),
    navigator.storage?.estimate?.().catch(() => null) ?? null,
    navigator.storage?.persisted?.().catch(() => null) ?? null,
  ])
  const { quota, usage } = estimate ?? {}
  return { writes, freeMb: quota === undefined ? null : (quota - (usage ?? 0)) / MB, kept }
}

interface WithBattery {
  getBattery?: () => Promise<{ level: number; charging: boolean }>
}

export async function battery(): Promise<{ level: number; charging: boolean } | null> {
  try {
    const found = await (navigator as WithBattery).getBattery?.()
    return found ? { level: found.level, charging: found.charging } : null
  } catch {
    return null
  }
}

/** What a call needs and this browser has not; the camera's absence from an insecure page is the camera's business. */
export function lacks(): string[] {
  const codecs = globalThis.RTCRtpSender?.getCapabilities?.('video')?.codecs ?? []
  const needed: Record<string, boolean> = {
    WebRTC: 'RTCPeerConnection' in globalThis,
    'VP8/H.264': codecs.some(({ mimeType }) => /\/(vp8|h264)$/i.test(mimeType)),
    WebSocket: 'WebSocket' in globalThis,
    IndexedDB: 'indexedDB' in globalThis,
  }
  return Object.entries(needed).flatMap(([name, there]) => (there ? [] : [name]))
}

/** Whether the server would give the same page again: its scripts are called after what is in them. */
export async function isCurrent(signal?: AbortSignal): Promise<boolean | null> {
  const mine = document.querySelector('script[type=module][src]')?.getAttribute('src')
  if (!mine) return null
  try {
    const response = await fetch('/', { cache: 'no-store', signal })
    if (!response.ok) return null
    const served = moduleOf(await response.text())
    return served === null ? null : served === mine
  } catch {
    return null
  }
}

/** The `src` of a page's first module; by its text, as our pages may not parse HTML. */
export function moduleOf(html: string): string | null {
  const tag = /<script\b[^>]*\btype="module"[^>]*>/.exec(html)?.[0] ?? ''
  return /\bsrc="([^"]+)"/.exec(tag)?.[1] ?? null
}

/** `granted`, `denied`, or `prompt` also where it cannot be known: whoever looks must not make the browser ask. */
export async function permission(kind: 'camera' | 'microphone'): Promise<PermissionState> {
  if (!canCapture()) return 'denied'
  try {
    return (await navigator.permissions.query({ name: kind as PermissionName })).state
  } catch {
    // Firefox before 131 does not tell; names of devices are given only to who was allowed.
    const wanted = kind === 'camera' ? 'videoinput' : 'audioinput'
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => [])
    return all.some((device) => device.kind === wanted && device.label !== '') ? 'granted' : 'prompt'
  }
}
