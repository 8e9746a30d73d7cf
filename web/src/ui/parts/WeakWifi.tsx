/** A weak link: the full Wi-Fi sign with its outer arcs at one third. */
import type { LucideIcon } from 'lucide-preact'

export const WeakWifi = ((props: { class?: string; size?: number }) => (
  <svg
    class={props.class}
    width={props.size ?? 24}
    height={props.size ?? 24}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    stroke-linecap="round"
    aria-hidden="true"
  >
    <path d="M12 20h.01" />
    <path d="M8.5 16.43a5 5 0 0 1 7 0" />
    <path d="M5 12.86a10 10 0 0 1 14 0" opacity=".33" />
    <path d="M2 8.82a15 15 0 0 1 20 0" opacity=".33" />
  </svg>
)) as unknown as LucideIcon
