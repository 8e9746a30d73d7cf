"""What becomes of a call in vain, left on hold, or booked: who owes the call back, until when, who hears it.

Pure: `owed` makes a callback of a call, the others change one. Whatever is not done has a next moment, `next_ms`, at
which somebody more is told, until everybody is.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from contract.callbacks import Callback, CallbackState, Urgency
from contract.errors import ErrorCode, Rejection
from contract.people import Grant, Person
from contract.rooms import EndReason, RoomState
from signaling.domain import hold
from signaling.domain.access import Act, may, place_of
from signaling.domain.outgoing import by_store

ABANDONED_MS = 5_000
"""A store that cancels earlier changed its mind; later it gave up waiting."""
REMIND_MS = 300_000
"""Before the time that a store booked."""
LATE: dict[Urgency, int] = {Urgency.DUE: 1, Urgency.MANAGER: 2, Urgency.ADMINISTRATOR: 4}
"""After how many times the time to call back."""
IN_VAIN = frozenset({EndReason.MISSED, EndReason.DECLINED, EndReason.NOBODY_FREE, EndReason.CALLBACK})


class Viewer(Protocol):
    """Who looks, or acts: a Principal."""

    @property
    def person(self) -> Person: ...

    @property
    def grants(self) -> Sequence[Grant]: ...


Heir = Viewer
"""Who takes over from somebody who leaves."""


def owed(state: RoomState, within_ms: int) -> Callback | None:
    """The callback that a call which is over leaves behind, if any."""
    call = state.call
    if call is None or call.store is None or state.closed_at is None or state.end is None:
        return None
    if hold.abandoned(state) is not None:
        return Callback(
            room=state.id,
            store=call.store,
            reason=call.reason,
            why=state.end,
            rung_at=state.closed_at,  # until then somebody might have come back to it
            due_at=state.closed_at + within_ms,
        )
    if call.answered_by is not None:
        return None
    if not by_store(state):
        return None  # who was called is owed nothing
    gave_up = state.end is EndReason.CANCELLED and state.closed_at - call.timings.tap >= ABANDONED_MS
    if state.end not in IN_VAIN and not gave_up:
        return None
    item = Callback(
        room=state.id,
        store=call.store,
        reason=call.reason,
        why=state.end,
        rung_at=call.timings.tap,
        due_at=call.timings.tap + within_ms,
    )
    if call.promise is None:
        return item
    return item.model_copy(
        update={"state": CallbackState.TAKEN, "owner": call.promise.by, "due_at": call.promise.due_at}
    )


def again(item: Callback, newer: Callback, tap_ms: int) -> Callback:
    """The store called in vain once more, from `tap_ms` on; the clock goes on. Whoever promised to call back has it, if
    nobody had.

    Who booked a later time and calls before cannot wait for it, unless they chose that time during this call.
    """
    earlier = item.booked_at is None or item.booked_at < tap_ms
    if item.at is not None and newer.due_at < item.at and earlier:
        item = anybodys(item).model_copy(update={"at": None, "rung_at": newer.rung_at, "due_at": newer.due_at})
    item = item.model_copy(update={"calls": item.calls + 1, "why": newer.why})
    if item.owner is not None or newer.owner is None:
        return item
    due_ms = min(item.due_at, newer.due_at) if newer.due_at > begins_ms(item) else item.due_at
    return owned(item, newer.owner).model_copy(update={"due_at": due_ms})


def waits_since(item: Callback, first: RoomState | None) -> int:
    """From when on its store has waited for somebody: the clock begins later where it was left on hold, in `first`, the
    room of the callback."""
    left = hold.abandoned(first) if first is not None and first.closed_at == item.rung_at else None
    return item.rung_at if left is None else left.since


def settles(item: Callback, state: RoomState, since_ms: int) -> Person | None:
    """Who spoke with the same store, which has waited since then, for the same reason, whoever called: that is all that
    was owed."""
    call = state.call
    if call is None or call.store is None or call.pending or call.answered_by is None:
        return None
    if call.store.id != item.store.id or call.reason is not item.reason:
        return None
    if (call.timings.answer or 0) < since_ms:
        return None  # another tablet's call, which went on all the while
    helped = call.answered_by if by_store(state) else call.caller
    return next(member.person for member in state.members if member.person.id == helped)


def may_see(viewer: Viewer, item: Callback) -> bool:
    """Whether the store that waits is `viewer`'s own, or one they call back or answer for."""
    return may(Act.SEE_CALLBACK, viewer.grants, place_of(item.store))


def take(item: Callback, by: Viewer) -> Callback:
    """`by` will call back. Raises Rejection `over`, `forbidden` or, if somebody else was quicker, `conflict`."""
    _unfinished(item)
    if item.owner is not None and item.owner.id != by.person.id:
        raise Rejection(ErrorCode.CONFLICT, "somebody else has taken it")
    if not may(Act.WORK_CALLBACK, by.grants, place_of(item.store)):
        raise Rejection(ErrorCode.FORBIDDEN, "not of this store")
    return owned(item, by.person)


def owned(item: Callback, owner: Person) -> Callback:
    """Somebody's to work off."""
    return item.model_copy(update={"state": CallbackState.TAKEN, "owner": owner, "unattended": False})


def reopen(item: Callback, by: Viewer) -> Callback:
    """Back to the group; twice is once. The owner may, and who oversees. Raises Rejection `over` or `forbidden`."""
    _unfinished(item)
    if item.owner is None:
        return item
    _owner_or_overseer(item, by)
    return anybodys(item)


def finish(item: Callback, by: Viewer, now_ms: int) -> Callback:
    """The store was called back. Raises Rejection(`forbidden`) for who has not taken it; twice is once."""
    if item.state is CallbackState.DONE:
        return item
    _owner_or_overseer(item, by)
    return done(item, by.person, now_ms)


def hand_over(item: Callback, to: Heir) -> Callback:
    """Its owner leaves: it is the successor's, or the group's if the successor may not call this store back."""
    return keep(item.model_copy(update={"owner": to.person}), to.grants)


def keep(item: Callback, grants: Sequence[Grant]) -> Callback:
    """Its owner may do just this from now on: the group's if that is not to call this store back. What is booked for
    soon is theirs then who is there first: its owner did not give it back."""
    if may(Act.WORK_CALLBACK, grants, place_of(item.store)):
        return item
    soon = item.at is not None and item.urgency is not Urgency.NONE
    return anybodys(item).model_copy(update={"unattended": soon})


def unpromised(item: Callback, within_ms: int) -> Callback:
    """Whoever promised it during the call may not call back any more: as if nobody had."""
    return anybodys(item).model_copy(update={"due_at": item.rung_at + within_ms})


def cancel(item: Callback, now_ms: int) -> Callback:
    """The store wants it no more; twice is once."""
    if item.state is CallbackState.DONE:
        return item
    return _over(item, now_ms)


def anybodys(item: Callback) -> Callback:
    """The group's."""
    return item.model_copy(update={"state": CallbackState.OPEN, "owner": None, "unattended": False})


def done(item: Callback, by: Person, now_ms: int) -> Callback:
    return _over(item, now_ms).model_copy(update={"done_by": by})


def _over(item: Callback, now_ms: int) -> Callback:
    return item.model_copy(update={"state": CallbackState.DONE, "done_at": now_ms, "unattended": False})


def _unfinished(item: Callback) -> None:
    if item.state is CallbackState.DONE:
        raise Rejection(ErrorCode.OVER, "it is done")


def _owner_or_overseer(item: Callback, by: Viewer) -> None:
    owns = item.owner is not None and item.owner.id == by.person.id
    if not owns and not may(Act.OVERSEE_CALLBACK, by.grants, place_of(item.store)):
        raise Rejection(ErrorCode.FORBIDDEN, "only who has taken it")


def escalated(item: Callback, now_ms: int) -> Callback:
    """As urgent as it is at `now_ms`."""
    if item.state is CallbackState.DONE:
        return item
    reached = [urgency for urgency, at in _moments(item) if now_ms >= at]
    return item.model_copy(update={"urgency": reached[-1] if reached else Urgency.NONE})


def next_ms(item: Callback, now_ms: int) -> int | None:
    """When it becomes more urgent; None: everybody has been told, or it is done."""
    if item.state is CallbackState.DONE:
        return None
    return min((at for _, at in _moments(item) if at > now_ms), default=None)


def begins_ms(item: Callback) -> int:
    """From when on its clock runs."""
    return item.rung_at if item.at is None else item.at


def _moments(item: Callback) -> Iterator[tuple[Urgency, int]]:
    """When it becomes as urgent as that, in their order."""
    begins = begins_ms(item)
    if item.at is not None:
        yield Urgency.SOON, item.at - REMIND_MS
    for urgency, times in LATE.items():
        yield urgency, begins + times * (item.due_at - begins)
