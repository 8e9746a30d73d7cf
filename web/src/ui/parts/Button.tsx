/** Buttons: one filled per screen, the others outlined, quiet or words only. */
import type { ComponentChildren, JSX, Ref } from 'preact'
import type { LucideIcon } from 'lucide-preact'

export interface ButtonProps {
  kind?: 'main' | 'plain' | 'soft' | 'quiet' | 'link' | 'danger'
  size?: 'row' | 'main'
  icon?: LucideIcon
  /** The word while it works; the button keeps its width and does nothing more. */
  busy?: string | false
  disabled?: boolean
  wide?: boolean
  /** An icon alone; `label` is then its name. */
  iconOnly?: boolean
  label?: string
  title?: string
  testid?: string
  type?: 'button' | 'submit'
  class?: string
  kbd?: string
  pressed?: boolean
  expanded?: boolean
  onClick?: (event: JSX.TargetedMouseEvent<HTMLButtonElement>) => void
  children?: ComponentChildren
  innerRef?: Ref<HTMLButtonElement>
}

export function Button(props: ButtonProps) {
  const Icon = props.icon
  const big = props.size === 'main'
  return (
    <button
      ref={props.innerRef}
      type={props.type ?? 'button'}
      class={`btn ${props.wide ? 'btn-wide' : ''} ${props.iconOnly ? 'btn-icon' : ''} ${props.class ?? ''}`}
      data-kind={props.kind ?? 'plain'}
      data-size={props.size}
      data-testid={props.testid}
      aria-label={props.label}
      aria-busy={props.busy ? true : undefined}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-keyshortcuts={props.kbd}
      title={props.title ?? (props.iconOnly ? props.label : undefined)}
      disabled={props.disabled}
      onClick={(event) => {
        if (!props.busy) props.onClick?.(event)
      }}
    >
      {props.busy ? (
        <span class="spin" aria-hidden="true" />
      ) : (
        Icon && <Icon class="icon" size={big ? 28 : 18} strokeWidth={big ? 1.9 : 2} aria-hidden="true" />
      )}
      {!props.iconOnly && <span>{props.busy || props.children}</span>}
      {props.kbd && !props.iconOnly && (
        <span class="kbd" aria-hidden="true">
          {props.kbd}
        </span>
      )}
    </button>
  )
}
