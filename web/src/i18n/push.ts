/** The few words of the service worker, in both languages: it is one file, and does not load the catalogues. */

export const PUSH_WORDS = {
  zh: {
    lang: 'zh-CN',
    ringing: '{{store}}来电',
    missed: '未接来电：{{store}}',
    at: '{{time}} 呼叫',
    answered: '{{store}}：{{by}}已接听',
    answered_somewhere: '{{store}}：已经接听',
    declined: '{{store}}：已经拒接',
    given_up: '{{store}}不再呼叫',
    answer: '接听',
    colleague: '同事来电',
    reason: { any: '呼叫总部', equipment: '设备坏了', dishes: '菜品问题', other: '其他问题' },
  },
  en: {
    lang: 'en',
    ringing: '{{store}} is calling',
    missed: 'Missed call: {{store}}',
    at: 'Called at {{time}}',
    answered: '{{store}}: {{by}} has answered',
    answered_somewhere: '{{store}}: answered',
    declined: '{{store}}: declined',
    given_up: '{{store}} stopped calling',
    answer: 'Answer',
    colleague: 'A colleague',
    reason: {
      any: 'Call to headquarters',
      equipment: 'Equipment',
      dishes: 'A dish',
      other: 'Something else',
    },
  },
} as const

/** `words` with its blanks filled in. */
export function filled(words: string, values: Record<string, string>): string {
  return words.replace(/{{(\w+)}}/g, (_, name: string) => values[name] ?? '')
}
