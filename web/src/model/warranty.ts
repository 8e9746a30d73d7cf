/** Whether a machine's warranty still counts. */

export type Warranty = 'covered' | 'over' | 'unknown'

/** `until` is the last day of it, `2027-03-31`, by the reader's calendar. */
export function warrantyOf(until: string | null | undefined, now: number): Warranty {
  if (!until) return 'unknown'
  const today = new Date(now)
  const [year = 0, month = 1, day = 1] = until.split('-').map(Number)
  return new Date(year, month - 1, day + 1).getTime() > today.getTime() ? 'covered' : 'over'
}

/** The code as it is printed: two halves. */
export const codeShown = (code: string): string => `${code.slice(0, 5)}-${code.slice(5)}`
