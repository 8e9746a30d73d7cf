/** The places of the house and whom each is for: what the rail and the tabs of administration offer. */
import type { Me, Role } from '../../contract'
import { holds, holdsWhole } from '../../model/roles'

export interface Place {
  path: string
  word: string
  roles: readonly Role[]
  /** What is there belongs to no store and no region: only for who has the role in the whole chain. */
  whole?: true
}

/** The pages of administration; tests/house compares them with the doors that they open. */
export const TABS: readonly Place[] = [
  { path: '/admin/people', word: 'admin.people', roles: ['admin'], whole: true },
  {
    path: '/admin/stores',
    word: 'admin.stores',
    roles: ['admin', 'manager', 'store_manager', 'operations'],
  },
  {
    path: '/admin/equipment',
    word: 'admin.equipment',
    roles: ['admin', 'manager', 'store_manager', 'operations'],
  },
  {
    path: '/admin/health',
    word: 'admin.health',
    roles: ['admin', 'manager', 'store_manager', 'operations'],
  },
  { path: '/admin/routing', word: 'admin.routing', roles: ['admin'], whole: true },
  { path: '/admin/policies', word: 'admin.policies', roles: ['admin'], whole: true },
  { path: '/admin/bots', word: 'admin.bots', roles: ['admin'], whole: true },
  { path: '/admin/rings', word: 'admin.rings', roles: ['admin', 'manager', 'store_manager', 'operations'] },
  {
    path: '/admin/timings',
    word: 'admin.timings',
    roles: ['admin', 'manager', 'store_manager', 'operations'],
  },
  { path: '/admin/tokens', word: 'admin.tokens', roles: ['admin'], whole: true },
]

/** All pages of administration are one place, which leads to the first tab. */
const ADMIN = '/admin'
const PLACES: readonly Place[] = [
  { path: '/', word: 'nav.console', roles: ['expert'] },
  { path: '/', word: 'nav.sessions', roles: ['trainer'] },
  { path: '/audit', word: 'nav.audit', roles: ['auditor'] },
  {
    path: '/archive',
    word: 'nav.archive',
    roles: ['expert', 'trainer', 'manager', 'store_manager', 'staff', 'operations', 'auditor', 'admin'],
  },
  { path: '/archive', word: 'nav.learn', roles: ['learner'] },
  { path: '/call', word: 'nav.call', roles: ['expert', 'trainer', 'manager', 'operations', 'admin'] },
  { path: '/callbacks', word: 'nav.callbacks', roles: ['manager', 'operations', 'admin'] },
  { path: '/audit', word: 'nav.audit', roles: ['admin'] },
  { path: ADMIN, word: 'nav.admin', roles: ['admin'] },
  { path: ADMIN, word: 'nav.places', roles: ['manager', 'store_manager', 'operations'] },
]

const offers = (me: Me | null | undefined, place: Place): boolean =>
  place.whole ? holdsWhole(me, place.roles) : holds(me, place.roles)

export const tabsOf = (me: Me | null | undefined): readonly Place[] => TABS.filter((tab) => offers(me, tab))

export const isAdmin = (path: string): boolean => path.startsWith(`${ADMIN}/`)

/** The home is that of the main role; after its places come those of further roles, each path once. */
export function placesOf(me: Me): readonly Place[] {
  const own = PLACES.filter((place) => place.roles.includes(me.person.role))
  const more = PLACES.filter((place) => place.path !== '/' && holds(me, place.roles))
  const first = tabsOf(me)[0]
  const found = new Map<string, Place>()
  for (const place of [...own, ...more]) {
    if (place.path !== ADMIN) found.set(place.path, found.get(place.path) ?? place)
    // Who administers by a further role sees more than the stores behind it.
    else if (first && found.get(ADMIN)?.word !== 'nav.admin') found.set(ADMIN, { ...place, path: first.path })
  }
  return [...found.values()]
}

/** A page that is there, but not for this one, who typed its address or kept it from before. */
export function isForeign(me: Me, path: string): boolean {
  const pages = [...TABS, ...PLACES.filter((place) => ['/audit', '/call'].includes(place.path))]
  const here = pages.filter((page) => page.path === path)
  return here.length > 0 && !here.some((page) => offers(me, page))
}
