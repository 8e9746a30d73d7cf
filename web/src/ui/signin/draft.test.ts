import { describe, expect, it } from 'vitest'
import { BLANK, wrongIn } from './draft'

const GOOD = {
  chain: '小灶堂',
  chainEn: '',
  name: '周敏',
  login: 'it',
  password: 'four words are long',
  repeat: '',
}
const good = { ...GOOD, repeat: GOOD.password }

describe('what is typed on the set-up page', () => {
  it('may be sent when everything is there; the English name may stay empty', () => {
    expect(wrongIn(good)).toEqual({})
  })
  it('names every field that is missing', () => {
    expect(Object.keys(wrongIn(BLANK)).sort()).toEqual(['chain', 'login', 'name', 'password'])
  })
  it('refuses logins that nobody can type on a tablet', () => {
    for (const login of ['Zhou', 'a', 'zhou min', '周敏', '-it'])
      expect(wrongIn({ ...good, login })).toEqual({ login: 'setup.login_wrong' })
  })
  it('wants the password twice the same, and long', () => {
    expect(wrongIn({ ...good, repeat: 'other' })).toEqual({ repeat: 'setup.repeat_differs' })
    expect(wrongIn({ ...good, password: 'short', repeat: 'short' })).toEqual({
      password: 'setup.password_short',
    })
  })
})
