import { expect, test } from 'vitest'
import type { SlotFill } from '../contract'
import type { Peer } from './peer'
import { Remote } from './remote'

globalThis.MediaStream ??= class {
  constructor(readonly tracks: MediaStreamTrack[]) {}
} as unknown as typeof MediaStream

const track = { id: 'first' } as MediaStreamTrack

function peer(slots: SlotFill[]): Peer {
  return { firstPicture: track, slots, trackOf: () => track } as unknown as Peer
}

const empty: SlotFill = { mid: '5', participant: null, source: null, paused: false }
const filled: SlotFill = { mid: '5', participant: 'p-store', source: 'camera', paused: false }

test('the expected picture is tied before the slots name it, and stays the same stream then', () => {
  const remote = new Remote()
  remote.expect(peer([empty]), 'p-store')
  const early = remote.cameraOf('p-store')
  expect(early).not.toBe(null)
  expect(remote.cameraOf('p-other')).toBe(null)
  expect(remote.people.value.size).toBe(0)
  remote.show(peer([filled]), 1)
  expect(remote.cameraOf('p-store')).toBe(early)
  expect(remote.expected.value).toBe(null)
})

test('nobody is expected where a slot names somebody, or where nobody is sure to come', () => {
  const remote = new Remote()
  remote.expect(peer([filled]), 'p-other')
  expect(remote.cameraOf('p-other')).toBe(null)
  remote.expect(peer([empty]), null)
  expect(remote.expected.value).toBe(null)
})

test('a paused picture keeps its stream, so that the last frame stays, and says that it is paused', () => {
  const remote = new Remote()
  remote.show(peer([filled]), 1)
  const before = remote.cameraOf('p-store')
  remote.show(peer([{ ...filled, paused: true }]), 1)
  expect(remote.people.value.get('p-store')).toMatchObject({ camera: before, paused: true })
  remote.show(peer([filled]), 1)
  expect(remote.people.value.get('p-store')?.paused).toBe(false)
})
