/** A few of a few: check boxes under one name. */
export function Checks<T extends string>(props: {
  label: string
  hint?: string
  options: readonly { value: T; word: string }[]
  chosen: readonly T[]
  /** In the order of the options. */
  onChange: (chosen: T[]) => void
  testid: string
}) {
  return (
    <fieldset class="admin-skills">
      <legend class="legend">{props.label}</legend>
      {props.options.map(({ value, word }) => (
        <label class="check" key={value}>
          <input
            type="checkbox"
            checked={props.chosen.includes(value)}
            data-testid={`${props.testid}-${value}`}
            onChange={(event) => {
              const on = event.currentTarget.checked
              props.onChange(
                props.options
                  .map((one) => one.value)
                  .filter((one) => (one === value ? on : props.chosen.includes(one))),
              )
            }}
          />
          {word}
        </label>
      ))}
      {props.hint && <p class="caption">{props.hint}</p>}
    </fieldset>
  )
}
