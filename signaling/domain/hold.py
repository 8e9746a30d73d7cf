"""A call on hold: headquarters lets the store wait, and nothing passes between the two until it goes on.

What media lets through follows from the state (`draft.grants_of`), so whatever starts anew keeps a call on hold. Those
of headquarters hear each other meanwhile, so that one can be told before the other leaves. It never stays on hold
without whoever put it there: their going ends it, and with nobody of headquarters left the call is over (domain.third).
Nor for ever: whoever is there and forgets it has the call ended for them, and owes the store a callback.
"""

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.rooms import CallChanged, EndReason, Hold, Member, RoomState
from signaling.domain.draft import SEATED, Draft

MOST = 50
"""Times in one call: each is kept with it and told with every change."""


def put(draft: Draft, by: Member, most_ms: int) -> None:
    """Who is not of headquarters waits from now on, for `most_ms` at most; twice is once.

    Raises Rejection: `conflict` where nobody else is in the call, `too_many`.
    """
    call = draft.state.call
    assert call is not None  # domain.third.helping found one that was answered
    if call.store is None:
        raise Rejection(ErrorCode.CONFLICT, "no store to let wait")
    if call.hold is not None:
        return
    if len(call.holds) >= MOST:
        raise Rejection(ErrorCode.TOO_MANY, f"on hold {MOST} times")
    _change(draft, [*call.holds, Hold(by=by.person.id, since=draft.now_ms, over_at=draft.now_ms + most_ms)])


def resume(draft: Draft, by: Member | None) -> None:
    """It goes on. `by` is None if whoever let the others wait has left it to somebody else."""
    call = draft.state.call
    if call is None or call.hold is None:
        return
    over = call.hold.model_copy(update={"until": draft.now_ms, "ended_by": None if by is None else by.person.id})
    _change(draft, [*call.holds[:-1], over])


def left(draft: Draft, person: PersonId) -> None:
    """Somebody left a call that goes on: nobody waits for them any more."""
    call = draft.state.call
    if call is not None and call.hold is not None and call.hold.by == person:
        resume(draft, None)


def next_ms(state: RoomState) -> int | None:
    """When `expired` has something to do."""
    return state.call.hold.over_at if state.call is not None and state.call.hold is not None else None


def expired(draft: Draft) -> None:
    """Nobody came back in time: the call is over, still on hold."""
    due_ms = next_ms(draft.state)
    if due_ms is not None and draft.now_ms >= due_ms:
        draft.close(EndReason.HOLD_OVER)


def check_flows(state: RoomState) -> None:
    """Raises Rejection(`conflict`) on hold: a photo would show what nobody is to see."""
    if state.call is not None and state.call.hold is not None:
        raise Rejection(ErrorCode.CONFLICT, "on hold")


def abandoned(state: RoomState) -> Hold | None:
    """The hold with which a call ended, whoever ended it: somebody waited, and nobody came back to them."""
    return state.call.hold if state.call is not None and state.closed_at is not None else None


def _change(draft: Draft, holds: list[Hold]) -> None:
    assert draft.state.call is not None
    draft.emit(CallChanged(call=draft.state.call.model_copy(update={"holds": holds})))
    for member in draft.state.members:
        if member.state in SEATED:
            draft.grant(member)
