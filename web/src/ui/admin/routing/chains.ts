/** The chains while they are edited: what can be done to them, what is wrong with them, and what they say in words. */
import type { Call, Chains, RingStep } from '../../../contract'
import { t } from '../../../i18n'
import { stepName } from '../../ring/Chain'

export const CHAINS = ['usual', 'equipment', 'dishes', 'other'] as const
export type ChainName = (typeof CHAINS)[number]
export const WHO: readonly RingStep['who'][] = ['skilled', 'on_call', 'anybody']
export const LEVELS = [1, 2, 3] as const

/** As in contract/routing.py. */
export const MOST_STEPS = 6
export const LONGEST_S = 600
const SHORTEST_MS = 50
export const MOST_AT_ONCE = 20
const NEW_STEP: RingStep = { who: 'anybody', skills: [], min_level: 1, ring_ms: 20_000, person: null }

/** Whose words a chain's steps have: the big button's for the usual one. */
export const reasonOf = (chain: ChainName): 'any' | 'equipment' | 'dishes' | 'other' =>
  chain === 'usual' ? 'any' : chain

export const added = (steps: readonly RingStep[]): RingStep[] => [...steps, NEW_STEP]
export const removed = (steps: readonly RingStep[], at: number): RingStep[] => steps.toSpliced(at, 1)
export const changed = (steps: readonly RingStep[], at: number, part: Partial<RingStep>): RingStep[] =>
  steps.with(at, { ...steps[at]!, ...part })

/** The step at `at` stands at `to`; as they are where that is outside. */
export function moved(steps: readonly RingStep[], at: number, to: number): readonly RingStep[] {
  if (to < 0 || to >= steps.length) return steps
  return steps.toSpliced(at, 1).toSpliced(to, 0, steps[at]!)
}

/** One field that cannot be saved. */
export interface Wrong {
  chain: ChainName | null
  step: number | null
  field: 'ring_ms' | 'at_once' | 'steps' | null
  words: string
}

const within = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most

/** Everything that the server would refuse. A time that is no number is NaN. */
export function wrongIn(chains: Chains): Wrong[] {
  const found: Wrong[] = []
  if (!within(chains.at_once, 1, MOST_AT_ONCE))
    found.push({
      chain: null,
      step: null,
      field: 'at_once',
      words: t('routing.wrong_at_once', { most: MOST_AT_ONCE }),
    })
  for (const chain of CHAINS)
    chains[chain]?.forEach(({ ring_ms }, step) => {
      if (!within(ring_ms, SHORTEST_MS, LONGEST_S * 1000))
        found.push({ chain, step, field: 'ring_ms', words: t('routing.wrong_seconds', { most: LONGEST_S }) })
    })
  return found
}

/** Where the server found something wrong: its detail begins with `equipment.1.ring_ms: `. */
export function refusedAt(detail: string): Wrong {
  const [, place = '', why = detail] = /^([\w.]+): (.*)$/.exec(detail) ?? []
  const [first = '', step, field] = place.split('.')
  const chain = CHAINS.find((one) => one === first) ?? null
  return {
    chain,
    step: chain && step !== undefined ? Number(step) : null,
    field: first === 'at_once' ? 'at_once' : field === 'ring_ms' ? 'ring_ms' : chain ? 'steps' : null,
    words: t('routing.refused', { why }),
  }
}

/** 设备组（熟练以上）. */
export function whoIn(step: RingStep, reason: Call['reason']): string {
  const skills = step.skills?.map((skill) => t(`skill.${skill}`)).join(t('list.comma'))
  const who = step.who === 'skilled' && skills ? t('routing.say_skills', { skills }) : stepName(step, reason)
  return step.who === 'skilled' && step.min_level > 1
    ? t('routing.who_level', { who, level: t(`routing.from_level_${step.min_level}`) })
    : who
}

/** 设备组响 20 秒. */
export const stepSays = (step: RingStep, reason: Call['reason']): string =>
  t('routing.say_step', { who: whoIn(step, reason), s: step.ring_ms / 1000 })

/** Words that stand alone elsewhere, for the middle of a sentence: "The teams" -> "the teams", but "IT" stays. */
export const midSentence = (words: string): string =>
  /^\p{Lu}\p{Ll}/u.test(words) ? words.charAt(0).toLowerCase() + words.slice(1) : words

/** The whole chain as one sentence. */
export function says(chain: ChainName, steps: readonly RingStep[]): string {
  const parts = steps.map((step) => midSentence(stepSays(step, reasonOf(chain)))).join(t('routing.say_then'))
  return t('routing.say', { reason: t(`reason.${reasonOf(chain)}`), steps: parts })
}
