/** The door to the model: `model` is the one instance of this tab, everything else is types and pure questions. */
export * from './api'
export * from './room'
export { model } from './model'
