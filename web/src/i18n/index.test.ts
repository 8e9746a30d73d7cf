// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import en from './en.json'
import { setLang, t } from './index'
import zh from './zh-CN.json'

describe('a word', () => {
  it('that is asked for before its catalogue came is there once it has', async () => {
    expect(t('app.name')).toBe('app.name')
    await setLang('zh-CN')
    expect(t('app.name')).toBe(zh.app.name)
  })
  it('is in the language of the moment, however often it was read in the other', async () => {
    for (const [lang, words] of [
      ['en', en],
      ['zh-CN', zh],
      ['en', en],
    ] as const) {
      await setLang(lang)
      expect([t('app.name'), t('app.name')]).toEqual([words.app.name, words.app.name])
    }
  })
  it('has its blanks filled with what is given each time', () => {
    const [one, two] = [1, 2].map((s) => t('time.s', { s }))
    expect(one).not.toBe(two)
  })
  it('that nobody wrote is its own key', () => {
    expect(t('app.nonsense')).toBe('app.nonsense')
  })
})
