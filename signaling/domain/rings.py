"""How a ring ended on one device, as the room tells it. Pure."""

from contract.ids import PersonId, RoomId
from contract.rings import Ring, RingEnd
from contract.rooms import EndReason, Member, MemberState, RoomState
from signaling.domain.draft import find

_GIVEN_UP = frozenset({EndReason.CANCELLED, EndReason.LEFT_QUEUE, EndReason.CALLBACK, EndReason.FAILED})
Key = tuple[RoomId, PersonId, str]
"""Whose ring on which device."""


def rung(state: RoomState | None) -> dict[PersonId, Member]:
    """Who rings in this room."""
    if state is None or state.closed_at is not None:
        return {}
    return {one.person.id: one for one in state.members if one.state is MemberState.RINGING}


def ended(state: RoomState, person: PersonId, now_ms: int, *, here: bool) -> RingEnd | None:
    """How it ended for `person`, on the device with the seat if `here`; None: it rings still."""
    member = find(state, person)
    if member is None or (member.state is MemberState.RINGING and state.closed_at is None):
        return None
    if member.state is MemberState.DECLINED:
        return RingEnd.DECLINED
    if member.state not in (MemberState.MISSED, MemberState.RINGING):
        return RingEnd.ANSWERED if here else RingEnd.ELSEWHERE
    if member.asked is not None:  # into a call that goes on
        return RingEnd.TIMED_OUT if now_ms >= member.asked.until else RingEnd.GIVEN_UP
    if state.call is not None and state.call.answered_by is not None:
        return RingEnd.ELSEWHERE
    return RingEnd.GIVEN_UP if state.end in _GIVEN_UP else RingEnd.TIMED_OUT


def fate(ring: Ring, end: RingEnd, *, only: bool) -> Ring:
    """The ring once it is over; a device that said nothing of it was not reached, whatever became of the call.

    The room says that a person declined, not where: it was here if this is the person's `only` ring.
    """
    acted = end is RingEnd.ANSWERED or (end is RingEnd.DECLINED and only)
    return ring.model_copy(update={"end": end if acted or ring.shown_at is not None else RingEnd.NOT_REACHED})


def shown(ring: Ring, at_ms: int, *, hidden: bool, silent: bool) -> Ring:
    """The device says that it rings; only its first word counts. Of a ring that is over: too late."""
    if ring.shown_at is not None:
        return ring
    end = RingEnd.LATE if ring.end is RingEnd.NOT_REACHED else ring.end
    return ring.model_copy(update={"shown_at": at_ms, "hidden": hidden, "silent": silent, "end": end})
