/** The first letters of Chinese words as they are typed: 陈立群 is clq. By the browser's own collation, which is by pinyin. */

/** The first character of each letter in the order of pinyin; no syllable begins with i, u or v. */
const FIRST = '阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨他穵夕丫帀'
const LETTERS = 'abcdefghjklmnopqrstwxyz'
const HAN = /\p{Script=Han}/u
const order = new Intl.Collator('zh-Hans-CN-u-co-pinyin')
const kept = new Map<string, string>()

function letterOf(character: string): string {
  let found = kept.get(character)
  if (found === undefined) {
    const at = [...FIRST].findLastIndex((first) => order.compare(first, character) <= 0)
    found = LETTERS[at] ?? ''
    kept.set(character, found)
  }
  return found
}

/** Characters that are not Chinese stay, in lower case; of several readings the most usual one counts. */
export function initials(text: string): string {
  return [...text.toLowerCase()].map((one) => (HAN.test(one) ? letterOf(one) : one)).join('')
}

/** Whether every word of `query` is in one of `words`, or in the first letters of one. */
export function matches(query: string, words: readonly (string | null | undefined)[]): boolean {
  const texts = words.flatMap((word) => (word ? [word.toLowerCase(), initials(word)] : []))
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((part) => texts.some((text) => text.includes(part)))
}
