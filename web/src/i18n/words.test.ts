import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EndReason } from '../contract'
import { firstLang } from './index'
import en from './en.json'
import zh from './zh-CN.json'

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, path = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(tree))
    if (typeof value === 'string') out.set(path + key, value)
    else for (const [inner, words] of flat(value, `${path}${key}.`)) out.set(inner, words)
  return out
}
/** Chinese has one plural form, English two: they are one key. */
const plain = (key: string): string => key.replace(/_(one|other)$/, '')
const keys = (tree: Tree): Set<string> => new Set([...flat(tree).keys()].map(plain))
const blanks = (words: string): string[] => [...words.matchAll(/{{(\w+)}}/g)].map((match) => match[1]!).sort()

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.tsx?$/.test(entry.name) && !/\.test\./.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })
}

describe('the catalogues', () => {
  it('have the same keys in both languages', () => {
    expect([...keys(zh)].sort()).toEqual([...keys(en)].sort())
  })
  it('leave the same blanks to fill in both languages', () => {
    const chinese = flat(zh)
    for (const [key, words] of flat(en)) {
      const other = chinese.get(key) ?? chinese.get(plain(key)) ?? ''
      expect(blanks(words), key).toEqual(blanks(other))
    }
  })
  it('have words for every key that a view or a rule names', () => {
    const known = keys(zh)
    const folders = ['../ui', '../model'].map((folder) => join(import.meta.dirname, folder))
    const named = folders
      .flatMap(sources)
      .flatMap((text) => [...text.matchAll(/['"]([a-z]+(?:\.[a-z0-9_]+)+)['"]/g)].map((match) => match[1]!))
    const areas = new Set(Object.keys(zh))
    const missing = named.filter((key) => areas.has(key.split('.')[0]!) && !known.has(key))
    expect(missing).toEqual([])
  })
  it('have words for every reason why a room is over, in the audit too', () => {
    const every: Record<EndReason, true> = {
      hung_up: true,
      cancelled: true,
      declined: true,
      missed: true,
      nobody_free: true,
      callback: true,
      left_queue: true,
      hold_over: true,
      closed: true,
      empty: true,
      failed: true,
    }
    const known = keys(zh)
    const wanted = Object.keys(every).flatMap((end) => [`end.${end}`, `audit.detail.${end}`])
    expect(wanted.filter((key) => !known.has(key))).toEqual([])
  })
  it('have words for what else the server writes beside an act', () => {
    const codes = [
      'join',
      'instead',
      'promised',
      'answered',
      'called',
      'named',
      'store closed',
      'due',
      'manager',
      'administrator',
      'button',
      'idle',
      'replaced',
      'signed_out',
      'left',
      'pin_given',
      'pin_set',
      'gone',
      'moved',
      'too_many',
    ]
    const known = keys(zh)
    expect(codes.filter((code) => !known.has(`audit.detail.${code}`))).toEqual([])
  })
  it('put a space between Chinese and a figure to fill in', () => {
    const tight = [...flat(zh)].filter(([, words]) =>
      /[一-鿿]{{(count|n|s|m|h|percent)}}|{{(count|n|s|m|h)}}[一-鿿]/.test(words),
    )
    expect(tight).toEqual([])
  })
  it('say nothing with an exclamation mark', () => {
    for (const [key, words] of [...flat(zh), ...flat(en)]) expect(words, key).not.toMatch(/[!！]/)
  })
})

describe('the first language', () => {
  it('is what the reader chose, else what the browser asks for, else Chinese', () => {
    expect(firstLang('en', ['zh-CN'])).toBe('en')
    expect(firstLang(null, ['fr', 'en-US', 'zh'])).toBe('en')
    expect(firstLang(null, ['zh-TW'])).toBe('zh-CN')
    expect(firstLang('xx', ['fr'])).toBe('zh-CN')
  })
})
