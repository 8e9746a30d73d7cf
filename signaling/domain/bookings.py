"""When a store may be called back: quarter hours in each of which every booking has an expert on duty of its own.

Pure. Hours are those of the experts' profiles, less their quiet ones, by the clocks of their zones, so that this knows
of no zone itself: a quarter hour begins at the same moments everywhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contract.callbacks import Callback, Urgency
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RoomId
from contract.people import Person, Store
from contract.rooms import REASON_SKILLS, EndReason, Reason
from contract.routing import RingStep, StepWho
from signaling.domain.access import place_of
from signaling.domain.callbacks import REMIND_MS, anybodys, escalated, owned
from signaling.domain.quiet import will_be_quiet
from signaling.domain.routing import Expert, at_work, fitting

QUARTER_MS = 900_000
AHEAD_MS = 4 * 24 * 3600 * 1000
"""On a Friday evening Tuesday can be booked."""
OFFERED = 16
"""At a time: four hours, where somebody is always on duty."""
_SKILLED = RingStep(who=StepWho.SKILLED, ring_ms=50)


@dataclass(frozen=True, slots=True)
class Diary:
    """Who can call this store back for this reason, and what others have booked."""

    store: Store
    reason: Reason
    experts: Sequence[Expert]
    booked: Sequence[Callback]
    """What is not done, also the store's own."""

    def slots(self, now_ms: int) -> list[int]:
        """The next ones that can be booked."""
        found: list[int] = []
        for at_ms in range(_first(now_ms), now_ms + AHEAD_MS, QUARTER_MS):
            if self._has_room(at_ms):
                found.append(at_ms)
            if len(found) == OFFERED:
                break
        return found

    def check(self, at_ms: int, now_ms: int) -> None:
        """Raises Rejection for a time that cannot be booked: `over` if it is past, or too near; `conflict`."""
        if at_ms < _first(now_ms):
            raise Rejection(ErrorCode.OVER, "this time is past, or too near: ask for another one")
        if at_ms % QUARTER_MS or at_ms >= now_ms + AHEAD_MS or not self._has_room(at_ms):
            raise Rejection(ErrorCode.CONFLICT, "this time is not, or no longer, offered")

    def _has_room(self, at_ms: int) -> bool:
        """Whether there is an expert for everybody who has booked this time, and for this store, once at a time."""
        mine = (item for item in self.booked if item.store.id == self.store.id and item.reason is not self.reason)
        if any(item.at == at_ms for item in mine):
            return False
        able = _able(self.store, self.reason, self.experts, at_ms)
        if not able:
            return False
        others = [
            {item.owner.id} if item.owner is not None else _able(item.store, item.reason, self.experts, at_ms)
            for item in self.booked
            if item.at == at_ms and not is_of(item, self.store, self.reason)
        ]
        called_by: dict[PersonId, set[PersonId]] = {}
        for wanted in others:
            _give(wanted, called_by, set())
        return _give(able, called_by, set())


def is_of(item: Callback, store: Store, reason: Reason) -> bool:
    """Whether it is the one callback that this store has for this reason."""
    return item.store.id == store.id and item.reason is reason


def _first(now_ms: int) -> int:
    """The first quarter hour of which whoever calls back can be reminded."""
    return -(-(now_ms + REMIND_MS) // QUARTER_MS) * QUARTER_MS


def _able(store: Store, reason: Reason, experts: Iterable[Expert], at_ms: int) -> set[PersonId]:
    """Who is on duty then and knows it."""
    wanted = REASON_SKILLS[reason]
    return {
        one.person.id
        for one in experts
        if any(skill in one.person.skills for skill in wanted)
        and one.reach.covers(place_of(store))
        and _on_duty(one, at_ms)
    }


def _on_duty(one: Expert, at_ms: int) -> bool:
    """Whether they are to be counted on then."""
    return at_work(one.profile, at_ms) and not will_be_quiet(one.quiet, at_ms)


def _give(wanted: set[PersonId], called_by: dict[PersonId, set[PersonId]], asked: set[PersonId]) -> bool:
    """Give a booking one of the experts in `wanted`, others theirs anew if need be (a matching, by augmenting paths).

    `called_by` says whom each expert's booking could have instead.
    """
    for expert in sorted(wanted - asked):
        asked.add(expert)
        if expert not in called_by or _give(called_by[expert], called_by, asked):
            called_by[expert] = wanted
            return True
    return False


def asked(room: RoomId, store: Store, reason: Reason, now_ms: int, within_ms: int) -> Callback:
    """A store that did not call is to be called back, as soon as possible."""
    return Callback(
        room=room,
        store=store,
        reason=reason,
        why=EndReason.CALLBACK,
        calls=0,
        rung_at=now_ms,
        due_at=now_ms + within_ms,
    )


def book(item: Callback, at_ms: int | None, note: str, now_ms: int, within_ms: int) -> Callback:
    """The store says when; None: as soon as possible. Another time is anybody's again: nobody has agreed to it."""
    noted = item.model_copy(update={"note": note, "booked_at": now_ms})
    if at_ms == item.at:
        return noted
    clock = {"rung_at": now_ms, "due_at": now_ms + within_ms} if at_ms is None else {"due_at": at_ms + within_ms}
    return anybodys(noted).model_copy(update={"at": at_ms, "urgency": Urgency.NONE, **clock})


def says_again(item: Callback, at_ms: int | None, note: str) -> bool:
    """Whether its store has booked it just so already: perhaps it never heard the answer."""
    return item.booked_at is not None and (item.at, item.note) == (at_ms, note)


def moved_on(items: Sequence[Callback], experts: Sequence[Expert], now_ms: int) -> list[Callback]:
    """Those of `items`, all that are not done, that are more urgent now or have found an owner, as they are now.

    Of what is booked for soon and nobody has taken the routing names an owner, once: whoever is there and on duty, who
    has no other store at that time. Until somebody is, it is the group's.
    """
    busy = {(item.owner.id, item.at) for item in items if item.owner is not None}
    moved: list[Callback] = []
    for item in items:
        after = escalated(item, now_ms)
        if item.at is not None and _is_to_be_named(item, after):
            others = (one for one in experts if (one.person.id, item.at) not in busy)
            if (owner := _best(item, max(item.at, now_ms), others)) is None:
                after = after.model_copy(update={"unattended": True})
            else:
                busy.add((owner.id, item.at))
                after = owned(after, owner)
        if after != item:
            moved.append(after)
    return moved


def _is_to_be_named(before: Callback, after: Callback) -> bool:
    """Who gave it back meanwhile is not asked again."""
    near = before.urgency is Urgency.NONE and after.urgency is not Urgency.NONE
    return before.owner is None and (near or before.unattended)


def _best(item: Callback, when_ms: int, experts: Iterable[Expert]) -> Person | None:
    here = [
        replace(one, free=True)  # whoever talks now is done by then, or gives it back
        for one in experts
        if (one.free or one.busy) and one.reach.covers(place_of(item.store)) and _on_duty(one, when_ms)
    ]
    return next(iter(fitting(_SKILLED, item.reason, None, here, when_ms)), None)
