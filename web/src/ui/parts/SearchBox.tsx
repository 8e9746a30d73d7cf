/** A field above a list: what is typed narrows the list. */
import { Search } from 'lucide-preact'

export function SearchBox(props: {
  value: string
  label: string
  example: string
  testid: string
  onValue: (value: string) => void
}) {
  return (
    <div class="search" role="search" aria-label={props.label}>
      <Search class="icon" size={18} aria-hidden="true" />
      <input
        class="input"
        type="search"
        value={props.value}
        placeholder={props.example}
        aria-label={props.label}
        maxLength={100}
        data-testid={props.testid}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
    </div>
  )
}
