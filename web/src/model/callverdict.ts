/** What went wrong in a call, from its figures, as sentences of which the worst comes first. Rules without IO. */
import type { CallQuality, Person, PersonQuality } from '../contract'

type Line = 'up_loss' | 'down_loss' | 'concealed' | 'seen_fps' | 'rtt_ms'

/** One stretch of trouble; `words` is the key of its sentence. */
export interface Finding {
  words: string
  person: Person
  fromMs: number
  toMs: number
  /** The mean of the stretch: a share of 0…1, pictures a second or ms. */
  mean: number
}

interface Rule {
  line: Line
  /** From here on somebody notices; `low`: little is bad. */
  bad: number
  low?: boolean
  /** What a value `bad` weighs beside those of the other rules. */
  weight: number
}

const RULES: readonly Rule[] = [
  { line: 'concealed', bad: 0.05, weight: 3 },
  { line: 'up_loss', bad: 0.03, weight: 2 },
  { line: 'down_loss', bad: 0.03, weight: 2 },
  { line: 'seen_fps', bad: 6, low: true, weight: 1 },
  { line: 'rtt_ms', bad: 500, weight: 1 },
]
const HOLE_WEIGHT = 4
/** Shorter trouble is noticed by nobody afterwards. */
const LEAST_MS = 10_000
/** So long it may be better in between without being over. */
const PAUSE_MS = 15_000
/** What came before the link had settled is no trouble. */
const BEGIN_MS = 10_000
export const MOST = 3

interface Stretch {
  from: number
  to: number
}

/** Stretches of bins for which `is` holds, with pauses; both ends belong to them. */
function stretches(count: number, pauseBins: number, is: (bin: number) => boolean): Stretch[] {
  const found: Stretch[] = []
  for (let bin = 0; bin < count; bin++) {
    if (!is(bin)) continue
    const last = found.at(-1)
    if (last && bin - last.to - 1 <= pauseBins) last.to = bin
    else found.push({ from: bin, to: bin })
  }
  return found
}

function ofPerson(quality: PersonQuality): { finding: Finding; weight: number }[] {
  const { at, person } = quality
  const count = at.length
  if (count < 2) return []
  const binMs = at[1]! - at[0]!
  const first = Math.ceil(BEGIN_MS / binMs)
  const found: { finding: Finding; weight: number }[] = []
  const add = (words: string, { from, to }: Stretch, mean: number, weight: number): void => {
    const fromMs = at[from]!
    const toMs = at[to]! + binMs
    if (toMs - fromMs < LEAST_MS) return
    found.push({
      finding: { words, person, fromMs, toMs, mean },
      weight: (weight * (toMs - fromMs)) / 1000,
    })
  }
  for (const { line, bad, low, weight } of RULES) {
    const values = quality[line]
    const isBad = (bin: number): boolean => {
      const value = values[bin]
      return bin >= first && value !== null && value !== undefined && (low ? value < bad : value >= bad)
    }
    for (const stretch of stretches(count, Math.floor(PAUSE_MS / binMs), isBad)) {
      const own = values
        .slice(stretch.from, stretch.to + 1)
        .filter((value): value is number => value !== null)
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length
      const severity = low ? bad / Math.max(1, mean) : mean / bad
      add(`figures.v_${line}`, stretch, mean, weight * severity)
    }
  }
  const isHole = (bin: number): boolean => quality.up_bps[bin] === null && quality.rtt_ms[bin] === null
  for (const stretch of stretches(count, 0, isHole)) add('figures.v_hole', stretch, 0, HOLE_WEIGHT)
  return found
}

/** The MOST important findings of all people; none if all went well. */
export function findings({ people }: Pick<CallQuality, 'people'>): Finding[] {
  return people
    .flatMap(ofPerson)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST)
    .map(({ finding }) => finding)
}
