/** A state or a fact in a few letters; never a button. */
import type { ComponentChildren } from 'preact'
import type { LucideIcon } from 'lucide-preact'

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'plain'

export function Chip(props: {
  tone?: Tone
  icon?: LucideIcon
  testid?: string
  children: ComponentChildren
}) {
  const Icon = props.icon
  return (
    <span class="chip" data-tone={props.tone ?? 'plain'} data-testid={props.testid}>
      {Icon && <Icon class="icon" size={15} aria-hidden="true" />}
      <span>{props.children}</span>
    </span>
  )
}

/** How many wait to be seen; nothing at zero, 99+ at most. */
export function Badge(props: { count: number; tone?: 'good'; label?: string }) {
  if (props.count <= 0) return null
  return (
    <span
      class="badge"
      data-tone={props.tone}
      aria-label={props.label}
      role={props.label ? 'img' : undefined}
    >
      {props.count > 99 ? '99+' : props.count}
    </span>
  )
}
