import { expect, test } from 'vitest'
import type { SlotFill } from '../contract'
import { Sampler } from './sample'

const SLOTS: SlotFill[] = [
  { mid: '4', participant: 'p-store', source: 'microphone', paused: false },
  { mid: '5', participant: 'p-store', source: 'camera', paused: false },
  { mid: '6', participant: null, source: null, paused: false },
]

/** What getStats says when `frames` were decoded and sent and `concealed` of `samples` invented. */
function report(frames: number, concealed: number, samples: number, frozenS = 0): RTCStatsReport {
  const entries = [
    { type: 'inbound-rtp', mid: '5', kind: 'video', framesDecoded: frames, totalFreezesDuration: frozenS },
    {
      type: 'inbound-rtp',
      mid: '4',
      kind: 'audio',
      concealedSamples: concealed + 7000,
      silentConcealedSamples: 7000,
      totalSamplesReceived: samples,
    },
    {
      type: 'inbound-rtp',
      mid: '6',
      kind: 'audio',
      concealedSamples: samples,
      totalSamplesReceived: samples,
    },
    { type: 'outbound-rtp', mid: '0', kind: 'audio' },
    { type: 'outbound-rtp', mid: '1', kind: 'video', framesSent: frames / 2, qualityLimitationReason: 'cpu' },
    { type: 'outbound-rtp', mid: '1', kind: 'video', framesSent: frames, qualityLimitationReason: 'none' },
    { type: 'candidate-pair', id: 'first', nominated: true, currentRoundTripTime: 3 },
    { type: 'candidate-pair', id: 'used', nominated: true, currentRoundTripTime: 0.08 },
    { type: 'candidate-pair', id: 'last', nominated: true, currentRoundTripTime: 2 },
    { type: 'transport', id: 'T', selectedCandidatePairId: 'used' },
  ]
  return new Map(entries.map((entry, index) => [String(index), entry])) as unknown as RTCStatsReport
}

test('a sample tells what happened since the one before, of filled slots only', () => {
  const sampler = new Sampler()
  expect(sampler.take(report(100, 0, 48_000), SLOTS, 1000)).toBeNull()
  expect(sampler.take(report(150, 24_000, 288_000, 1), SLOTS, 6000)).toEqual({
    over_s: 5,
    rtt_ms: 80,
    sent: [
      { source: 'microphone', fps: null, limit: 'none' },
      { source: 'camera', fps: 10, limit: 'cpu' },
    ],
    seen: [
      { of: 'p-store', source: 'camera', fps: 10, frozen: 0.2, concealed: null },
      { of: 'p-store', source: 'microphone', fps: null, frozen: null, concealed: 0.1 },
    ],
  })
})

test('a slot that shows somebody else now begins anew', () => {
  const sampler = new Sampler()
  sampler.take(report(100, 0, 48_000), SLOTS, 0)
  const others = SLOTS.map((slot) => (slot.participant ? { ...slot, participant: 'p-chen' } : slot))
  expect(sampler.take(report(10, 0, 96_000), others, 5000)?.seen).toEqual([])
  expect(sampler.take(report(60, 0, 144_000), others, 10_000)?.seen[0]).toMatchObject({
    of: 'p-chen',
    fps: 10,
  })
})

test('two looks at nearly the same moment are one', () => {
  const sampler = new Sampler()
  sampler.take(report(100, 0, 48_000), SLOTS, 0)
  expect(sampler.take(report(101, 0, 48_100), SLOTS, 100)).toBeNull()
  expect(sampler.take(report(150, 0, 96_000), SLOTS, 5000)?.over_s).toBe(5)
})

test('counters that went back, or are not there, count nothing', () => {
  const sampler = new Sampler()
  sampler.take(report(100, 500, 48_000), SLOTS, 0)
  const sample = sampler.take(report(0, 0, 0), SLOTS, 5000)
  expect(sample?.seen).toEqual([
    { of: 'p-store', source: 'camera', fps: 0, frozen: 0, concealed: null },
    { of: 'p-store', source: 'microphone', fps: null, frozen: null, concealed: 0 },
  ])
})
