import { signal } from '@preact/signals'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Member, PersonId, RoomState } from '../contract'
import type { FirstsInputs } from './firsts'
import { Firsts } from './firsts'

const STORE = 'p-store'
const room = (id: string) =>
  ({
    id,
    kind: 'call',
    call: { stage: 'answered' },
    members: [
      { person: { id: STORE, role: 'store' }, state: 'joined' },
      { person: { id: 'p-chen', role: 'expert' }, state: 'joined', host: true },
    ],
  }) as unknown as RoomState
const self = (host: boolean) => signal<Member | null>({ host } as Member)

let issue: ReturnType<typeof vi.fn<FirstsInputs['issue']>>
beforeEach(() => {
  vi.spyOn(performance, 'now').mockReturnValue(60_000)
  issue = vi.fn<FirstsInputs['issue']>(() => Promise.resolve(null))
})
const told = () => issue.mock.calls.map(([wish, options]) => [wish.type, options?.pressedMs ?? null])

test('of each call the first picture and the first sound of the store are told once', () => {
  const current = signal<RoomState | null>(room('r1'))
  const heard = signal<ReadonlyMap<PersonId, number>>(new Map())
  const firsts = new Firsts({ current, self: self(true), heard, issue })
  firsts.saw('p-other')
  firsts.saw(STORE)
  firsts.saw(STORE)
  heard.value = new Map([['p-other', 5]])
  heard.value = new Map([
    ['p-other', 5],
    [STORE, 1234],
  ])
  current.value = { ...room('r1'), ver: 7 }
  expect(told()).toEqual([
    ['first_frame', 60_000],
    ['first_audio', 1234],
  ])
  heard.value = new Map()
  current.value = room('r2')
  heard.value = new Map([[STORE, 9000]])
  expect(told().slice(2)).toEqual([['first_audio', 9000]])
})

test('sound that is there before the room is known is told once it is', () => {
  const current = signal<RoomState | null>(null)
  const heard = signal<ReadonlyMap<PersonId, number>>(new Map([[STORE, 70]]))
  new Firsts({ current, self: self(true), heard, issue })
  expect(issue).not.toHaveBeenCalled()
  current.value = room('r1')
  expect(told()).toEqual([['first_audio', 70]])
})

test('so is a picture, unless it is of a call before', () => {
  const current = signal<RoomState | null>(null)
  const firsts = new Firsts({ current, self: self(true), heard: signal(new Map<PersonId, number>()), issue })
  firsts.saw(STORE)
  vi.mocked(performance.now).mockReturnValue(60_200)
  expect(issue).not.toHaveBeenCalled()
  current.value = room('r1')
  expect(told()).toEqual([['first_frame', 60_000]])
  current.value = null
  vi.mocked(performance.now).mockReturnValue(70_000)
  current.value = room('r2')
  expect(told()).toHaveLength(1)
})

test('who does not lead the call says nothing', () => {
  const current = signal<RoomState | null>(room('r1'))
  const heard = signal<ReadonlyMap<PersonId, number>>(new Map([[STORE, 70]]))
  const firsts = new Firsts({ current, self: self(false), heard, issue })
  firsts.saw(STORE)
  expect(issue).not.toHaveBeenCalled()
})
