/** Carries out a wish and says in words why it was refused, for some codes in its own; true when it was done. */
import { t } from '../i18n'
import { Refusal } from '../model/api'
import { toast, toastError } from './parts/Toasts'

export async function act(
  wish: Promise<unknown>,
  words: Partial<Record<Refusal['code'], string>> = {},
): Promise<boolean> {
  try {
    await wish
    return true
  } catch (reason) {
    if (!(reason instanceof Refusal)) console.error(reason)
    const code = reason instanceof Refusal ? reason.code : 'internal'
    const own = words[code]
    if (own) toast(() => t(own), 'error')
    else toastError(code)
    return false
  }
}
