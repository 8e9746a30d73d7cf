"""What the last self-test of each tablet means for tomorrow: rules only."""

from collections.abc import Iterable
from dataclasses import dataclass

from contract.ids import PersonId
from contract.people import Store
from contract.selftest import (
    CheckState,
    SelfTest,
    StoreHealth,
    TabletFate,
    TabletHealth,
)

SILENT_MS = 26 * 3600 * 1000
"""A tablet reports at about the same minute each day; two hours more for one that was in a call or touched then."""
KEPT_MS = 30 * 24 * 3600 * 1000

_WORST_FIRST = list(TabletFate)


@dataclass(frozen=True, slots=True)
class Tablet:
    """A tablet that may sign in, of a store that is open, and the last it said of itself."""

    id: PersonId
    name: str
    store: Store
    enrolled_ms: int | None
    """None of one that signs in with a password."""
    last: SelfTest | None


def fate(last: SelfTest | None, enrolled_ms: int | None, now_ms: int) -> TabletFate:
    """How tomorrow will be. What was bad stays so until the tablet says otherwise, however long it is silent."""
    if last is None:
        fresh = enrolled_ms is not None and now_ms - enrolled_ms <= SILENT_MS
        return TabletFate.NEW if fresh else TabletFate.UNTESTED
    states = {check.state for check in last.checks}
    if CheckState.BAD in states:
        return TabletFate.FAILS
    if now_ms - last.at > SILENT_MS:
        return TabletFate.SILENT
    return TabletFate.PASSES if states <= {CheckState.GOOD} else TabletFate.WEAK


def is_finding(one: TabletFate) -> bool:
    """Whether somebody should look."""
    return one not in (TabletFate.PASSES, TabletFate.NEW)


def will_fail(one: TabletFate) -> bool:
    """Whether a call from there would fail."""
    return one in (TabletFate.FAILS, TabletFate.SILENT)


def by_store(tablets: Iterable[Tablet], free: set[PersonId], now_ms: int) -> list[StoreHealth]:
    """All stores, the worst first, and in each its tablets likewise; `free` are those that can be asked now."""
    found: dict[str, tuple[Store, list[TabletHealth]]] = {}
    for one in tablets:
        health = TabletHealth(
            tablet=one.id,
            name=one.name,
            fate=fate(one.last, one.enrolled_ms, now_ms),
            since=one.last.at if one.last is not None else one.enrolled_ms,
            test=_findings(one.last),
            here=one.id in free,
        )
        found.setdefault(one.store.id, (one.store, []))[1].append(health)
    stores = []
    for store, lines in found.values():
        lines.sort(key=lambda line: (_WORST_FIRST.index(line.fate), line.name))
        stores.append(StoreHealth(store=store, fate=lines[0].fate, tablets=lines))
    stores.sort(key=lambda one: (_WORST_FIRST.index(one.fate), one.store.number))
    return stores


def _findings(last: SelfTest | None) -> SelfTest | None:
    if last is None:
        return None
    checks = [check for check in last.checks if check.state is not CheckState.GOOD]
    order = list(CheckState)
    checks.sort(key=lambda check: -order.index(check.state))
    return last.model_copy(update={"checks": checks})
