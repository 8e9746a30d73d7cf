/** Carries out a wish and says in words why it was refused; true when it was done. */
import { Refusal } from '../model/api'
import { toastError } from './parts/Toasts'

export async function act(wish: Promise<unknown>): Promise<boolean> {
  try {
    await wish
    return true
  } catch (reason) {
    if (!(reason instanceof Refusal)) console.error(reason)
    toastError(reason instanceof Refusal ? reason.code : 'internal')
    return false
  }
}
