"""What a browser hears of a ring that reaches it by Web Push, and how long that is worth delivering. Pure."""

from contract.ids import PersonId
from contract.people import Name
from contract.push import PushedOver, PushedRing
from contract.rings import RingEnd
from contract.rooms import Call, MemberState, RoomState
from contract.routing import Language
from signaling.domain.draft import find

MISSED_S = 12 * 3600
"""A missed call is worth knowing for as long as a sign-in lasts."""
TOLD_S = 600
"""That it rings no more: who has not shown the ring by then need not know."""
MOST_WAIT_S = 60.0
"""A service that wants to be left alone for longer is asked again after this, so that nothing waits for hours."""


def until_ms(state: RoomState, person: PersonId) -> int | None:
    """Until when it rings for `person`; None: it does not."""
    member = find(state, person)
    if member is None or member.state is not MemberState.RINGING or state.closed_at is not None:
        return None
    if member.asked is not None:
        return member.asked.until
    return state.call.ring_until if state.call is not None else None


def left_ms(state: RoomState, person: PersonId, now_ms: int) -> int:
    """How long it still rings for `person`; 0: not any more."""
    until = until_ms(state, person)
    return 0 if until is None else max(0, until - now_ms)


def ring(state: RoomState, person: PersonId, device: str, language: Language) -> PushedRing | None:
    """What rings; None: nothing does any more."""
    call, until = state.call, until_ms(state, person)
    if call is None or until is None:
        return None
    return PushedRing(
        room=state.id,
        device=device,
        language=language,
        store=_whose(state, call),
        number=call.store.number if call.store is not None else "",
        reason=call.reason if call.store is not None else None,
        about=_about(call),
        since=call.timings.tap,
        until=until,
    )


def over(state: RoomState, end: RingEnd, device: str, language: Language) -> PushedOver | None:
    """That it rings no more, and why."""
    call = state.call
    if call is None:
        return None
    return PushedOver(
        room=state.id,
        device=device,
        language=language,
        store=_whose(state, call),
        number=call.store.number if call.store is not None else "",
        reason=call.reason if call.store is not None else None,
        about=_about(call),
        since=call.timings.tap,
        end=end,
        by=_answered_by(state, call),
    )


def worth_s(message: PushedRing | PushedOver, now_ms: int) -> int:
    """For how long a push service keeps it for a browser that is away; 0: not at all any more."""
    if isinstance(message, PushedRing):
        return max(0, -(-(message.until - now_ms) // 1000))
    return MISSED_S if message.end is RingEnd.TIMED_OUT else TOLD_S


def retry_s(text: str) -> float:
    """A `Retry-After` in seconds, `MOST_WAIT_S` at most; as a date, which no push service sends, it says nothing."""
    return min(float(text), MOST_WAIT_S) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0


def _whose(state: RoomState, call: Call) -> Name:
    if call.store is not None:
        return call.store.name
    return next(member.person.name for member in state.members if member.person.id == call.caller)


def _about(call: Call) -> Name | None:
    return call.equipment.name if call.equipment is not None else None


def _answered_by(state: RoomState, call: Call) -> Name | None:
    answered = find(state, call.answered_by) if call.answered_by is not None else None
    return answered.person.name if answered is not None else None
