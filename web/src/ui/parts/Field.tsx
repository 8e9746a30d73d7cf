/** An input with its label above; an error says what is wrong and what to do. */
import { useId } from 'preact/hooks'
import type { Ref } from 'preact'
import { Problem } from './Problem'

export interface FieldProps {
  label: string
  value: string
  onInput: (value: string) => void
  type?: 'text' | 'password' | 'search' | 'number' | 'date'
  size?: 'l'
  /** A rule to know before typing; gives way to an error. */
  hint?: string
  error?: string | null
  placeholder?: string
  autocomplete?: 'username' | 'current-password' | 'new-password' | 'name' | 'organization' | 'off'
  testid?: string
  required?: boolean
  maxLength?: number
  innerRef?: Ref<HTMLInputElement>
  lang?: string
}

export function Field(props: FieldProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        ref={props.innerRef}
        id={id}
        class="input"
        data-size={props.size}
        data-testid={props.testid}
        type={props.type ?? 'text'}
        value={props.value}
        placeholder={props.placeholder}
        autocomplete={props.autocomplete ?? 'off'}
        autocapitalize="off"
        spellcheck={false}
        required={props.required}
        maxLength={props.maxLength}
        lang={props.lang}
        aria-invalid={props.error ? true : undefined}
        aria-describedby={props.error ? `${id}-error` : props.hint ? `${id}-hint` : undefined}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {props.hint && !props.error && (
        <p class="caption" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.error && <Problem id={`${id}-error`}>{props.error}</Problem>}
    </div>
  )
}
