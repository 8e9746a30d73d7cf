import { describe, expect, it } from 'vitest'
import type { ClientSample, SeenFigures } from '../contract'
import { Advisor, QUIET_MS, REST_MS, type Facts } from './advice'

const STEP_MS = 5000
const STORE = 'p-store'
const CHEN = 'p-chen'

type Figures = {
  fps?: number
  concealed?: number
  rtt?: number
  sentFps?: number
  limit?: 'none' | 'cpu' | 'bandwidth'
}

function tracks(of: string, { fps = 25, concealed = 0 }: Figures): SeenFigures[] {
  const none = { fps: null, frozen: null, concealed: null }
  return [
    { ...none, of, source: 'camera', fps },
    { ...none, of, source: 'microphone', concealed },
  ]
}

/** What is known at the store (`own` of what it sees of chen, `theirs` of how chen sees it), or at the desk. */
function facts(nowMs: number, own: Figures, theirs: Figures | null, more: Partial<Facts> = {}): Facts {
  const atStore = more.atStore ?? true
  const [me, other] = atStore ? [STORE, CHEN] : [CHEN, STORE]
  const sample: ClientSample = {
    over_s: 5,
    rtt_ms: own.rtt ?? 40,
    sent: [{ source: 'camera', fps: own.sentFps ?? 25, limit: own.limit ?? 'none' }],
    seen: tracks(other, own),
  }
  return {
    nowMs,
    atStore,
    other: { person: other, muted: false, cameraOff: false },
    self: { muted: false, cameraOff: false },
    own: sample,
    theirs: theirs === null ? [] : tracks(me, theirs),
    ...more,
  }
}

/** The rule that is shown after each of these samples, from the first moment in which anything may be said. */
function shown(series: [Figures, Figures | null][], more: Partial<Facts> = {}): (string | null)[] {
  const advisor = new Advisor(0)
  return series.map(
    ([own, theirs], step) => advisor.take(facts(QUIET_MS + step * STEP_MS, own, theirs, more))?.rule ?? null,
  )
}

const twice = <T>(one: T): T[] => [one, one]

describe('which advice is given', () => {
  const table: [string, Figures, Figures | null, Partial<Facts>, string | null, string | null][] = [
    ['nothing is wrong', {}, {}, {}, null, null],
    ['the expert sees 4 pictures a second', {}, { fps: 4 }, {}, 'they_see_few', 'send_still'],
    ['the store sees few of the expert, which hinders nobody', { fps: 4 }, {}, {}, null, null],
    ['the expert sees few', { fps: 4.2 }, {}, { atStore: false }, 'you_see_few', 'ask_still'],
    ['the store sees few of the expert, at the desk', {}, { fps: 4 }, { atStore: false }, null, null],
    ['my sound breaks up over there', {}, { concealed: 0.2 }, {}, 'own_sound_breaks', null],
    ['their sound breaks up here', { concealed: 0.1 }, {}, {}, 'their_sound_breaks', null],
    ['sound before picture', {}, { concealed: 0.2, fps: 3 }, {}, 'own_sound_breaks', null],
    ['answers come late', { rtt: 900 }, {}, {}, 'late', null],
    ['the device is too busy', { sentFps: 5, limit: 'cpu' }, {}, {}, 'device_busy', null],
    ['a slow camera alone is nobody’s fault', { sentFps: 5 }, {}, {}, null, null],
    ['a picture that stands is told elsewhere', {}, { fps: 0 }, {}, null, null],
    ['a dark kitchen makes 8 pictures a second', {}, { fps: 8 }, {}, null, null],
    ['nothing is heard of the other side', {}, null, {}, null, null],
    ['the own camera is off', {}, { fps: 3 }, { self: { muted: false, cameraOff: true } }, null, null],
    ['muted', {}, { concealed: 0.5 }, { self: { muted: true, cameraOff: false } }, null, null],
    [
      'the other one is muted',
      { concealed: 0.5 },
      {},
      { other: { person: CHEN, muted: true, cameraOff: false } },
      null,
      null,
    ],
  ]
  it.each(table)('%s', (_name, own, theirs, more, rule, act) => {
    const advisor = new Advisor(0)
    advisor.take(facts(QUIET_MS, own, theirs, more))
    const advice = advisor.take(facts(QUIET_MS + STEP_MS, own, theirs, more))
    expect(advice?.rule ?? null).toBe(rule)
    expect(advice?.act ?? null).toBe(act)
  })
})

describe('when it is given', () => {
  const bad: [Figures, Figures] = [{}, { fps: 4 }]
  const fine: [Figures, Figures] = [{}, {}]

  it('never in the first seconds of a call, however bad they are', () => {
    const advisor = new Advisor(1000)
    for (let at = 1000; at < 1000 + QUIET_MS; at += 1000)
      expect(
        advisor.take(facts(at, { concealed: 1, rtt: 5000, fps: 1 }, { concealed: 1, fps: 1 })),
      ).toBeNull()
  })
  it('what was bad in the quiet seconds does not count', () => {
    const advisor = new Advisor(0)
    advisor.take(facts(0, ...bad))
    advisor.take(facts(5000, ...bad))
    expect(advisor.take(facts(QUIET_MS, ...bad))).toBeNull()
    expect(advisor.take(facts(QUIET_MS + STEP_MS, ...bad))?.rule).toBe('they_see_few')
  })
  it('after two bad samples in a row, not after one', () => {
    expect(shown([bad, fine, bad, fine, bad, bad])).toEqual([null, null, null, null, null, 'they_see_few'])
  })
  it('until two good ones in a row', () => {
    const rule = 'they_see_few'
    expect(shown([bad, bad, fine, bad, fine, fine])).toEqual([null, rule, rule, rule, rule, null])
  })
  it('between bad and good nothing changes', () => {
    const between: [Figures, Figures] = [{}, { fps: 7.5 }]
    expect(shown([...twice(between), ...twice(bad), ...twice(between)])).toEqual([
      null,
      null,
      null,
      'they_see_few',
      'they_see_few',
      'they_see_few',
    ])
  })
  it('what matters more takes its place, when it could be read', () => {
    const worse: [Figures, Figures] = [{}, { fps: 4, concealed: 0.3 }]
    expect(shown([bad, bad, worse, worse])).toEqual([
      null,
      'they_see_few',
      'they_see_few',
      'own_sound_breaks',
    ])
  })
  it('is not said again for a minute once somebody followed it', () => {
    const advisor = new Advisor(0)
    const at = (step: number) => facts(QUIET_MS + step * STEP_MS, ...bad)
    advisor.take(at(0))
    expect(advisor.take(at(1))?.rule).toBe('they_see_few')
    advisor.done(QUIET_MS + STEP_MS)
    for (let step = 2; step < 1 + REST_MS / STEP_MS; step++) expect(advisor.take(at(step))).toBeNull()
    expect(advisor.take(at(1 + REST_MS / STEP_MS))?.rule).toBe('they_see_few')
  })
  it('the figure in it follows', () => {
    const advisor = new Advisor(0)
    const rates = [4, 4.4, 2.6].map(
      (fps, step) => advisor.take(facts(QUIET_MS + step * STEP_MS, {}, { fps }))?.fps ?? null,
    )
    expect(rates).toEqual([null, 4, 3])
  })
})
