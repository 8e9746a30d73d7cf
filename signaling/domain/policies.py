"""What the rules that a chain sets mean: pure, and asked by the few places that decide.

The rules themselves and what they are without being set: contract.policies. They only ever take away from, or widen,
what signaling.domain.access gives a role; whoever decides asks for them at that very moment, so that a change counts
for whatever is done next, also by who is connected.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contract.errors import ErrorCode, Rejection
from contract.ids import RegionId, StoreId
from contract.people import Grant, Role
from contract.policies import Policies, Recorded, Seen
from signaling.domain.access import EVERYWHERE, NOWHERE, Act, Scope, scope_of

USUAL = Policies()
LEADING = frozenset({Role.EXPERT, Role.TRAINER})
"""Whose calls and sessions are recorded where only experts' are."""


def check_store_calls(policies: Policies) -> None:
    """Raises Rejection(`policy`) where stores do not call headquarters."""
    if not policies.stores_call:
        raise Rejection(ErrorCode.POLICY, "stores do not call in this chain")


def check_headquarters_calls(policies: Policies) -> None:
    """Raises Rejection(`policy`) where headquarters does not call stores."""
    if not policies.headquarters_calls:
        raise Rejection(ErrorCode.POLICY, "headquarters does not call stores in this chain")


def check_colleagues_call(policies: Policies) -> None:
    """Raises Rejection(`policy`) where headquarters does not call itself."""
    if not policies.colleagues_call:
        raise Rejection(ErrorCode.POLICY, "headquarters does not call itself in this chain")


def check_guests(policies: Policies) -> None:
    """Raises Rejection(`policy`) where nobody comes as a guest."""
    if not policies.guests:
        raise Rejection(ErrorCode.POLICY, "no guests in this chain")


def is_recorded(policies: Policies, leader: Role) -> bool:
    """Whether a call or session that somebody of this role leads is recorded."""
    match policies.recorded:
        case Recorded.ALWAYS:
            return True
        case Recorded.EXPERTS:
            return leader in LEADING
        case Recorded.NEVER:
            return False


@dataclass(frozen=True, slots=True)
class ArchiveReach:
    """Whose calls somebody may replay besides their own."""

    scope: Scope = NOWHERE
    around: frozenset[StoreId] = frozenset()
    """In whose regions, too."""


def archive_reach(policies: Policies, grants: Iterable[Grant]) -> ArchiveReach:
    """What all of these grants reach together."""
    chain = False
    regions: set[RegionId] = set()
    stores: set[StoreId] = set()
    around: set[StoreId] = set()
    for grant in grants:
        scope = scope_of(Act.SEE_ARCHIVE, [grant])
        match seen_by(policies, grant.role):
            case Seen.OWN:
                continue
            case Seen.CHAIN:
                scope = EVERYWHERE
            case Seen.PLACE | Seen.REGION | None as seen:
                if seen is not None and not scope:  # a role that without the rule sees only its own
                    scope = Scope(
                        chain=grant.region is None and grant.store is None,
                        regions=frozenset({grant.region} if grant.region is not None else ()),
                        stores=frozenset({grant.store} if grant.store is not None else ()),
                    )
                if seen is Seen.REGION:
                    around |= scope.stores
        chain |= scope.chain
        regions |= scope.regions
        stores |= scope.stores
    return ArchiveReach(Scope(chain=chain, regions=frozenset(regions), stores=frozenset(stores)), frozenset(around))


def seen_by(policies: Policies, role: Role) -> Seen | None:
    """The rule for a role; None where there is none, and the role alone decides."""
    rule = getattr(policies.archive, role.value, None)
    return Seen(rule) if rule is not None else None


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that is another one now; as the audit says it."""

    rule: str
    """`guests`, `archive.store`."""
    was: str
    now: str


def changes(before: Policies, after: Policies) -> list[Change]:
    """What differs, in the order of the rules."""
    was, now = dict(_flat(before)), dict(_flat(after))
    return [Change(rule, was[rule], now[rule]) for rule in was if was[rule] != now[rule]]


def _flat(policies: Policies) -> Iterator[tuple[str, str]]:
    for rule, value in policies.model_dump(mode="json").items():
        if isinstance(value, dict):
            yield from ((f"{rule}.{inner}", str(one).lower()) for inner, one in value.items())
        else:
            yield rule, str(value).lower()
