/** Words in the reader's language: Chinese first, English complete; switching redraws every word that was read. */
import { signal } from '@preact/signals'
import { createInstance } from 'i18next'
import en from './en.json'
import zh from './zh-CN.json'

export type Lang = 'zh-CN' | 'en'
const KEPT = 'passline.lang'

const words = createInstance()
void words.init({
  lng: 'zh-CN',
  fallbackLng: 'zh-CN',
  resources: { 'zh-CN': { translation: zh }, en: { translation: en } },
  interpolation: { escapeValue: false },
  initAsync: false,
  showSupportNotice: false,
} as Parameters<typeof words.init>[0])

/** The language of the interface; read it wherever something is formatted by language. */
export const lang = signal<Lang>('zh-CN')

/** What the reader chose before, else what the browser asks for, else Chinese. */
export function firstLang(kept: string | null, asked: readonly string[]): Lang {
  if (kept === 'zh-CN' || kept === 'en') return kept
  for (const tag of asked) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN'
    if (tag.toLowerCase().startsWith('en')) return 'en'
  }
  return 'zh-CN'
}

/** Switches every word and the document's language; kept for the next visit. */
export function setLang(next: Lang): void {
  lang.value = next
  document.documentElement.lang = next
  document.title = t('app.name')
  try {
    localStorage.setItem(KEPT, next)
  } catch {
    // A browser that keeps nothing still shows the words.
  }
}

export function startLang(): void {
  let kept: string | null = null
  try {
    kept = localStorage.getItem(KEPT)
  } catch {
    kept = null
  }
  const first = firstLang(kept, navigator.languages ?? [navigator.language])
  lang.value = first
  document.documentElement.lang = first
  document.title = t('app.name')
}

/** The words for `key`; reading them subscribes the view to the language. */
export function t(key: string, values?: Record<string, string | number>): string {
  return words.t(key, { lng: lang.value, ...values })
}

/** Whether there are words for `key`: for codes that a newer server may send. */
export function known(key: string): boolean {
  return words.exists(key, { lng: lang.value })
}

/** A name as the reader's language writes it. */
export function nameOf(name: { zh: string; en: string } | null | undefined): string {
  if (!name) return ''
  return lang.value === 'en' ? name.en : name.zh
}
