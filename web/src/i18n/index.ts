/** Words in the reader's language: Chinese first, English complete; switching redraws every word that was read. */
import { signal } from '@preact/signals'
import { createInstance } from 'i18next'

export type Lang = 'zh-CN' | 'en'
const KEPT = 'passline.lang'

/** One catalogue comes with the first screen, the other when somebody asks for it. */
const CATALOGUES = { 'zh-CN': () => import('./zh-CN.json'), en: () => import('./en.json') }

const words = createInstance()
void words.init({
  lng: 'zh-CN',
  fallbackLng: false,
  resources: {},
  interpolation: { escapeValue: false },
  initAsync: false,
  showSupportNotice: false,
} as Parameters<typeof words.init>[0])

async function load(next: Lang): Promise<void> {
  if (words.hasResourceBundle(next, 'translation')) return
  words.addResourceBundle(next, 'translation', (await CATALOGUES[next]()).default)
}

/** What was looked up before: a screen asks for a hundred words each time it is drawn, and i18next takes its time. */
const said: Record<Lang, Map<string, string>> = { 'zh-CN': new Map(), en: new Map() }

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

async function show(next: Lang): Promise<void> {
  await load(next)
  lang.value = next
  document.documentElement.lang = next
  document.title = t('app.name')
}

/** Switches every word and the document's language; kept for the next visit. */
export async function setLang(next: Lang): Promise<void> {
  try {
    localStorage.setItem(KEPT, next)
  } catch {
    // A browser that keeps nothing still shows the words.
  }
  await show(next)
}

/** The first words; nothing can be drawn before. */
export async function startLang(): Promise<void> {
  let kept: string | null = null
  try {
    kept = localStorage.getItem(KEPT)
  } catch {
    kept = null
  }
  await show(firstLang(kept, navigator.languages ?? [navigator.language]))
}

/** The words for `key`; reading them subscribes the view to the language. */
export function t(key: string, values?: Record<string, string | number>): string {
  const lng = lang.value
  if (values) return words.t(key, { lng, ...values })
  let text = said[lng].get(key)
  if (text === undefined) {
    text = words.t(key, { lng })
    if (known(key)) said[lng].set(key, text) // not what has no words yet: its catalogue may come
  }
  return text
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

/** Somebody as others see them: a tablet by its store, and by who has taken it over; a visitor as the guest they are. */
export function whoOf(person: {
  role: string
  name: { zh: string; en: string }
  store?: { name: { zh: string; en: string } } | null
  operator?: { name: { zh: string; en: string } } | null
}): string {
  const name = nameOf(person.store?.name ?? person.name)
  if (person.role === 'visitor') return t('visit.plate', { name })
  return person.operator ? t('pin.at', { name: nameOf(person.operator.name), store: name }) : name
}
