import { describe, expect, it } from 'vitest'
import type { Person, PersonQuality } from '../contract'
import { MOST, findings } from './callverdict'

const START = 1_790_000_000_000
const BIN_MS = 5000
const STORE = { id: 'p-store', role: 'store' } as Person
const CHEN = { id: 'p-chen', role: 'expert' } as Person

type Lines = Partial<
  Record<'up_loss' | 'down_loss' | 'concealed' | 'seen_fps' | 'rtt_ms' | 'up_bps', (number | null)[]>
>

/** Ten minutes of a good line, with these values in place of the first ones. */
function quality(person: Person, lines: Lines = {}, bins = 120): PersonQuality {
  const line = (name: keyof Lines, usual: number): (number | null)[] =>
    Array.from({ length: bins }, (_, bin) => (bin < (lines[name]?.length ?? 0) ? lines[name]![bin]! : usual))
  const none = Array.from({ length: bins }, () => null)
  return {
    person,
    at: Array.from({ length: bins }, (_, bin) => START + bin * BIN_MS),
    up_bps: line('up_bps', 900_000),
    down_bps: none,
    estimate_bps: none,
    up_loss: line('up_loss', 0),
    down_loss: line('down_loss', 0.001),
    rtt_ms: line('rtt_ms', 40),
    jitter_ms: none,
    sent_fps: none,
    seen_fps: line('seen_fps', 24),
    seen_size: none,
    concealed: line('concealed', 0),
    frozen: none,
    nacks: 0,
    plis: 0,
    repeats: 0,
  }
}

/** `count` bins of `usual`, then `values`. */
const after = (count: number, usual: number, values: (number | null)[]): (number | null)[] => [
  ...Array.from({ length: count }, () => usual),
  ...values,
]

describe('what is said of one person', () => {
  const table: [string, Lines, string[]][] = [
    ['a good line', {}, []],
    ['loss that lasts', { up_loss: after(10, 0, [0.06, 0.06, 0.06]) }, ['figures.v_up_loss']],
    ['loss of one moment', { up_loss: after(10, 0, [0.3]) }, []],
    ['a little loss', { up_loss: after(10, 0, [0.02, 0.02, 0.02, 0.02]) }, []],
    ['loss on the way to the person', { down_loss: after(10, 0, [0.1, 0.1]) }, ['figures.v_down_loss']],
    ['broken sound', { concealed: after(10, 0, [0.1, 0.2]) }, ['figures.v_concealed']],
    ['few pictures', { seen_fps: after(10, 24, [4, 3, 4]) }, ['figures.v_seen_fps']],
    ['a picture that stood', { seen_fps: after(10, 24, [0, 0, 0]) }, ['figures.v_seen_fps']],
    ['a dark kitchen', { seen_fps: after(10, 24, [8, 8, 8]) }, []],
    ['no picture at all', { seen_fps: after(10, 24, [null, null, null]) }, []],
    ['late answers', { rtt_ms: after(10, 40, [900, 900]) }, ['figures.v_rtt_ms']],
    [
      'a hole',
      { up_bps: after(10, 9, [null, null, null]), rtt_ms: after(10, 40, [null, null, null]) },
      ['figures.v_hole'],
    ],
    ['how a call begins', { concealed: [0.9, 0.9], up_loss: [0.5, 0.5] }, []],
  ]
  it.each(table)('%s', (_name, lines, words) => {
    expect(findings({ people: [quality(STORE, lines)] }).map((one) => one.words)).toEqual(words)
  })
})

it('a stretch has its beginning, its end and its mean, pauses included', () => {
  const lines = { up_loss: after(20, 0, [0.08, 0.04, 0, 0.06, 0.06]) }
  const [found, ...more] = findings({ people: [quality(STORE, lines)] })
  expect(more).toEqual([])
  expect(found).toMatchObject({
    words: 'figures.v_up_loss',
    person: STORE,
    fromMs: START + 20 * BIN_MS,
    toMs: START + 25 * BIN_MS,
  })
  expect(found!.mean).toBeCloseTo(0.048)
})

it('the worst comes first, of whomever, and no more than can be read', () => {
  const people = [
    quality(CHEN, { down_loss: after(10, 0, [0.04, 0.04]), rtt_ms: after(60, 40, [700, 700]) }),
    quality(STORE, {
      up_loss: after(30, 0, Array<number>(30).fill(0.2)),
      concealed: after(80, 0, [0.1, 0.1]),
    }),
  ]
  const found = findings({ people })
  expect(found.length).toBe(MOST)
  expect(found[0]).toMatchObject({ words: 'figures.v_up_loss', person: STORE })
})

it('of a call without figures, or of a single moment, nothing is said', () => {
  expect(findings({ people: [] })).toEqual([])
  expect(findings({ people: [quality(STORE, { up_loss: [1] }, 1)] })).toEqual([])
})
