/** What somebody is for, by the main role or a further one: what screens offer. The server decides what is done. */
import type { Me, Role } from '../contract'

export const holds = (me: Me | null | undefined, roles: readonly Role[]): boolean =>
  !!me && [me.person.role, ...me.also].some((role) => roles.includes(role))
