/** What is wrong with what was entered, and what to do: a sign beside the red words, which never stand alone. */
import { CircleAlert } from 'lucide-preact'
import type { ComponentChildren } from 'preact'

export function Problem(props: { id?: string; testid?: string; children: ComponentChildren }) {
  return (
    <p class="field-error" id={props.id} role="alert" data-testid={props.testid}>
      <CircleAlert class="icon" size={18} aria-hidden="true" />
      <span>{props.children}</span>
    </p>
  )
}
