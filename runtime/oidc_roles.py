"""One line of `PASSLINE_OIDC_ROLES`: whoever is in a group of the identity provider has a role in a place."""

from dataclasses import dataclass

from contract.people import Role

NEVER = frozenset({Role.STORE, Role.VISITOR, Role.GUEST})
"""A tablet is enrolled by its code, a visitor comes by a link, and a guest never signs in."""
NEEDS_PLACE = frozenset({Role.MANAGER, Role.STORE_MANAGER, Role.STAFF})


@dataclass(frozen=True)
class RoleRule:
    """`group=role@place`."""

    group: str
    """As the provider writes it; may hold `=` itself, as the names of LDAP do."""
    role: Role
    place: str | None
    """A store's number or a region's name in either language; None: the whole chain."""


def read_rule(line: str) -> RoleRule:
    """Raises ValueError that says what is wrong with the line."""
    group, equals, wish = line.rpartition("=")
    name, at, place = (part.strip() for part in wish.partition("@"))
    if not equals or not group.strip():
        raise ValueError(f"{line!r} is not group=role or group=role@place")
    try:
        role = Role(name)
    except ValueError as error:
        raise ValueError(f"{line!r}: {name!r} is no role; roles are {_given()}") from error
    if role in NEVER:
        raise ValueError(f"{line!r}: nobody gets the role {role} by a group; roles are {_given()}")
    if (at and not place) or (role in NEEDS_PLACE and not place):
        raise ValueError(f"{line!r} lacks the place: {role}@ a store's number or a region's name")
    return RoleRule(group.strip(), role, place or None)


def _given() -> str:
    return ", ".join(role for role in Role if role not in NEVER)
