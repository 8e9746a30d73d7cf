import { describe, expect, it } from 'vitest'
import type { Me, Role } from '../../contract'
import { isForeign, placesOf, tabsOf } from './places'

const me = (role: Role, also: Role[] = [], partly: Role[] = []): Me =>
  ({ person: { id: 'p-me', role, name: { zh: '我', en: 'Me' }, skills: [] }, also, partly }) as unknown as Me
const paths = (whose: Me) => placesOf(whose).map(({ path }) => path)
const tabs = (whose: Me) => tabsOf(whose).map(({ path }) => path)

const OF_STORES = ['/admin/stores', '/admin/equipment', '/admin/health', '/admin/rings', '/admin/timings']

describe('the places of the house', () => {
  it('are, of the whole chain, for who has the role in the whole chain', () => {
    expect(tabs(me('admin')).length).toBeGreaterThan(OF_STORES.length)
    expect(paths(me('admin'))).toContain('/admin/people')
    const regional = me('admin', [], ['admin'])
    expect(tabs(regional)).toEqual(OF_STORES)
    expect(paths(regional)).toEqual(['/archive', '/call', '/callbacks', '/audit', '/admin/stores'])
    expect(tabs(me('manager', [], ['manager']))).toEqual(OF_STORES)
    expect(tabs(me('expert', ['admin'], ['admin']))).toEqual(OF_STORES)
    expect(tabs(me('manager', ['admin'], ['manager']))).toContain('/admin/people')
  })

  it('have one way into administration, by the role that sees more there', () => {
    const both = placesOf(me('manager', ['admin'], ['manager'])).filter(({ word }) =>
      ['nav.admin', 'nav.places'].includes(word),
    )
    expect(both).toEqual([expect.objectContaining({ word: 'nav.admin', path: '/admin/people' })])
  })

  it('begin with the home of the main role, and hold what one may replay', () => {
    expect(paths(me('trainer', ['expert']))[0]).toBe('/')
    expect(placesOf(me('trainer', ['expert']))[0]?.word).toBe('nav.sessions')
    expect(paths(me('staff', [], ['staff']))).toEqual(['/archive'])
  })

  it('tell an address that is not theirs from one that nobody has', () => {
    expect(isForeign(me('admin', [], ['admin']), '/admin/people')).toBe(true)
    expect(isForeign(me('admin'), '/admin/people')).toBe(false)
    expect(isForeign(me('expert'), '/audit')).toBe(true)
    expect(isForeign(me('store'), '/call')).toBe(true)
    for (const path of ['/', '/archive', '/callbacks', '/admin/nothing'])
      expect(isForeign(me('learner'), path), path).toBe(false)
  })
})
