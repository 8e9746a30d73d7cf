import { describe, expect, it } from 'vitest'
import { codeShown, warrantyOf } from './warranty'

const noon = (day: number): number => new Date(2027, 2, day, 12).getTime()

describe('a warranty', () => {
  it('counts to the end of its last day', () => {
    expect(warrantyOf('2027-03-31', noon(30))).toBe('covered')
    expect(warrantyOf('2027-03-31', new Date(2027, 2, 31, 23, 59).getTime())).toBe('covered')
    expect(warrantyOf('2027-03-31', new Date(2027, 3, 1).getTime())).toBe('over')
  })
  it('may be unknown', () => {
    expect(warrantyOf(null, noon(1))).toBe('unknown')
    expect(warrantyOf('', noon(1))).toBe('unknown')
  })
})

it('shows a code as it is printed', () => {
  expect(codeShown('7K3MPX9T01')).toBe('7K3MP-X9T01')
})
