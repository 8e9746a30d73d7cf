import { expect, it } from 'vitest'
import type { Me, Role } from '../contract'
import { mayRecord } from './policies'

it.each<[string, Role | undefined, boolean]>([
  ['always', 'manager', true],
  ['always', undefined, true],
  ['experts', undefined, true],
  ['experts', 'expert', true],
  ['experts', 'trainer', true],
  ['experts', 'manager', false],
  ['never', 'expert', false],
  ['never', undefined, false],
])('where the rule is %s, what a leader of role %s leads may be recorded: %s', (recorded, leader, may) => {
  expect(mayRecord({ policies: { recorded } } as unknown as Me, leader)).toBe(may)
})

it('is so as long as nobody knows the rule', () => {
  expect(mayRecord(undefined, 'manager')).toBe(true)
})
