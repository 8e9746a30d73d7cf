/** The page of whoever is nobody yet: one card, with the name of the house, what this is about, and the language. */
import type { ComponentChildren } from 'preact'
import { LangSwitch } from '../parts/LangSwitch'
import { Logo } from '../parts/Logo'

export function Card(props: {
  title: string
  lead?: string
  /** The whole card is one form. */
  onSubmit?: () => void
  children: ComponentChildren
}) {
  const { onSubmit } = props
  const inside = (
    <>
      <div class="signin-brand">
        <Logo size={56} />
        <div>
          <h1>{props.title}</h1>
          {props.lead && <p class="second">{props.lead}</p>}
        </div>
      </div>
      {props.children}
    </>
  )
  return (
    <main class="signin">
      <header class="signin-head">
        <LangSwitch />
      </header>
      {onSubmit ? (
        <form
          class="signin-card card"
          onSubmit={(event) => {
            event.preventDefault()
            onSubmit()
          }}
        >
          {inside}
        </form>
      ) : (
        <div class="signin-card card">{inside}</div>
      )}
    </main>
  )
}
