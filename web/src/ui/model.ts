/** How views reach the model: through the tree, so that a gallery or a test can give them another one. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Model } from '../model/api'

export const ModelContext = createContext<Model | null>(null)

export function useModel(): Model {
  const model = useContext(ModelContext)
  if (!model) throw new Error('no model above this view')
  return model
}
