/** Ten minutes of a call whose uplink was poor for a while and cut off once, for looking at. */
import type { CallQuality, PersonQuality } from '../../contract'
import { CHEN, NOW, TABLETS } from './people'
import { ENTRIES } from './rooms'

const BIN_MS = 5000
const BINS = 120
const START = NOW - 3_600_000
const AT = Array.from({ length: BINS }, (_, bin) => START + bin * BIN_MS)

/** A line that wavers about `usual`, the same each time. */
function line(usual: number, waver: number, change?: (bin: number) => number | null): (number | null)[] {
  return AT.map((_, bin) => {
    if (bin >= 84 && bin < 89) return null
    const value = change?.(bin)
    if (value === null) return null
    return Math.max(0, (value ?? usual) + waver * Math.sin(bin * 1.7) * Math.cos(bin * 0.37))
  })
}
const poor = (bin: number): boolean => bin >= 32 && bin < 62

const STORE: PersonQuality = {
  person: TABLETS[0]!,
  at: AT,
  up_bps: line(1_250_000, 180_000, (bin) => (poor(bin) ? 420_000 : 1_250_000)),
  down_bps: line(640_000, 60_000),
  estimate_bps: line(2_100_000, 120_000),
  up_loss: line(0.004, 0.004, (bin) => (poor(bin) ? 0.062 : 0.004)),
  down_loss: line(0.003, 0.003),
  rtt_ms: line(44, 8, (bin) => (poor(bin) ? 180 : 44)),
  jitter_ms: line(7, 3),
  sent_fps: line(24, 1, (bin) => (poor(bin) ? 9 : 24)),
  seen_fps: line(24, 1),
  seen_size: AT.map(() => null),
  concealed: line(0.002, 0.002),
  frozen: line(0, 0),
  nacks: 412,
  plis: 9,
  repeats: 37,
}

const EXPERT: PersonQuality = {
  ...STORE,
  person: CHEN,
  up_loss: line(0.001, 0.001),
  seen_fps: line(24, 1, (bin) => (poor(bin) ? 4.4 : 24)),
  seen_size: line(1, 0, (bin) => (poor(bin) ? 0.25 : bin < 66 ? 0.5 : 1)),
  concealed: line(0.004, 0.004, (bin) => (poor(bin) ? 0.03 : 0.004)),
}

export const QUALITY: CallQuality = {
  entry: ENTRIES[0]!,
  people: [STORE, EXPERT],
  left_out: 0,
  marks: [
    { at: START, person: STORE.person.id, kind: 'joined' },
    { at: START + 4000, person: CHEN.id, kind: 'joined' },
    { at: START + 84 * BIN_MS, person: STORE.person.id, kind: 'away' },
    { at: START + 89 * BIN_MS, person: STORE.person.id, kind: 'back' },
  ],
  timings: {
    tap: START,
    ring: START + 62,
    answer: START + 3900,
    connected: START + 4020,
    first_frame: START + 4010,
    first_audio: START + 4035,
  },
  rings: [],
}
