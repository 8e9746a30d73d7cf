import { describe, expect, it } from 'vitest'
import { EVERYTHING, queryOf } from './audit'

describe('what is asked of the audit', () => {
  it('is nothing in particular as long as nothing is filled in', () => {
    expect(queryOf(EVERYTHING)).toBe('')
    expect(queryOf({ ...EVERYTHING, who: '  ' })).toBe('')
  })
  it('says who, what and on which page, whatever is typed', () => {
    const asked = new URLSearchParams(
      queryOf({ ...EVERYTHING, who: ' 陈&立 ', about: '0117', action: 'signed_in' }, 7),
    )
    expect(Object.fromEntries(asked)).toEqual({
      who: '陈&立',
      about: '0117',
      action: 'signed_in',
      before: '7',
    })
  })
  it('takes whole days by the clock here, the last one included', () => {
    const asked = new URLSearchParams(queryOf({ ...EVERYTHING, from: '2026-11-30', to: '2026-11-30' }))
    expect(asked.get('from_ms')).toBe(String(new Date(2026, 10, 30).getTime()))
    expect(asked.get('to_ms')).toBe(String(new Date(2026, 11, 1).getTime()))
  })
})
