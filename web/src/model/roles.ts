/** What somebody is for, by the main role or a further one: what screens offer. The server decides what is done. */
import type { Me, Role } from '../contract'

/** Who works at headquarters and may be called there; as in signaling/domain/directory.py. */
export const HEADQUARTERS: readonly Role[] = ['expert', 'trainer', 'manager', 'operations', 'admin']

const rolesOf = (me: Me | null | undefined): readonly Role[] => (me ? [me.person.role, ...me.also] : [])

export const holds = (me: Me | null | undefined, roles: readonly Role[]): boolean =>
  rolesOf(me).some((role) => roles.includes(role))

/** The same of what belongs to the whole chain, which nobody has for some regions or stores only. */
export const holdsWhole = (me: Me | null | undefined, roles: readonly Role[]): boolean =>
  rolesOf(me).some((role) => roles.includes(role) && !me?.partly?.includes(role))
