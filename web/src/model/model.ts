/** The one model of this tab. */
import type { Model } from './api'

export const model = {} as Model
