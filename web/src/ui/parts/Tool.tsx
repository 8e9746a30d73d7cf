/** A tool of a call: icon over word, four faces, always in its place. */
import type { LucideIcon } from 'lucide-preact'
import type { ComponentChildren } from 'preact'

export interface ToolProps {
  icon: LucideIcon
  word: string
  /** usual; on: white; shut: amber, the others cannot see or hear you; absent: faded, a tap says why. */
  face?: 'usual' | 'on' | 'shut' | 'absent'
  danger?: boolean
  /** Its key on the desktop, e.g. M. */
  keyName?: string
  testid?: string
  pressed?: boolean
  expanded?: boolean
  onClick: () => void
  children?: ComponentChildren
}

export function Tool(props: ToolProps) {
  const Icon = props.icon
  return (
    <button
      type="button"
      class="tool"
      data-face={props.face ?? 'usual'}
      data-danger={props.danger ? '' : undefined}
      data-testid={props.testid}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-disabled={props.face === 'absent' ? true : undefined}
      aria-keyshortcuts={props.keyName}
      title={props.keyName ? `${props.word} (${props.keyName})` : undefined}
      onClick={props.onClick}
    >
      <Icon class="icon" size={28} strokeWidth={1.9} aria-hidden="true" />
      <span>{props.word}</span>
      {props.children}
    </button>
  )
}
