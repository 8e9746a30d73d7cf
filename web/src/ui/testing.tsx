/** Draws a view with a model of fixtures in a test's document, in Chinese unless told otherwise. */
import { signal } from '@preact/signals'
import type { ComponentChild } from 'preact'
import { render } from 'preact'
import { act } from 'preact/test-utils'
import type { Model } from '../model/api'
import { setLang, type Lang } from '../i18n'
import { ModelContext } from './model'

const nothing = (): Promise<void> => Promise.resolve()

/** A model whose every unnamed part is a signal of nothing that also answers as an act. */
export function modelOf(parts: Record<string, unknown>): Model {
  const made = new Map<string | symbol, unknown>(
    Object.entries({
      callbacks: signal([]),
      colleagues: signal([]),
      incoming: signal([]),
      presence: signal(new Map()),
      queue: signal({ calls: [], more: 0 }),
      rooms: signal(new Map()),
      urgent: signal(null),
      places: signal([]),
      push: { state: signal('absent') },
      rings: { missed: () => Promise.resolve({ calls: [] }) },
      ...parts,
    }),
  )
  return new Proxy({} as Model, {
    get: (_target, key) => {
      if (!made.has(key)) made.set(key, Object.assign(nothing, { value: null, peek: () => null }))
      return made.get(key)
    },
  })
}

export async function draw(
  view: ComponentChild,
  model: Model,
  language: Lang = 'zh-CN',
): Promise<HTMLElement> {
  await setLang(language)
  const root = document.createElement('div')
  document.body.replaceChildren(root)
  await act(() => render(<ModelContext.Provider value={model}>{view}</ModelContext.Provider>, root))
  return root
}

export const byTestId = <T extends HTMLElement>(id: string): T => {
  const found = document.querySelector<T>(`[data-testid="${id}"]`)
  if (!found) throw new Error(`nothing is called ${id}: ${document.body.textContent}`)
  return found
}

export async function press(id: string): Promise<void> {
  await act(() => byTestId(id).click())
}

export async function type(id: string, text: string): Promise<void> {
  await act(() => {
    const input = byTestId<HTMLInputElement>(id)
    input.value = text
    input.dispatchEvent(new Event('input', { bubbles: true }))
  })
}

export { act, signal }
