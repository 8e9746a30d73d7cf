"""Headquarters calls a store: whom it rings, and what becomes of two who call each other."""

from collections.abc import Iterable, Sequence

from contract.client import CallStore, StartCall
from contract.errors import ErrorCode, Rejection
from contract.ids import RoomId, StoreId
from contract.people import Grant, Presence, PresenceEntry
from contract.rooms import (
    Call,
    CallStage,
    EndReason,
    Member,
    MemberChanged,
    MemberState,
    RoomKind,
    RoomState,
    Timings,
)
from signaling.domain import calls
from signaling.domain.access import Act, at_store, may, place_of, somewhere
from signaling.domain.commands import Facts, Met, OpeningFacts
from signaling.domain.draft import Decision, Draft, find
from signaling.domain.policies import check_headquarters_calls


def check(store: StoreId, grants: Sequence[Grant], tablets: Sequence[PresenceEntry]) -> None:
    """Whether these grants allow to call the store of these tablets.

    Raises Rejection `forbidden`, or `not_found` for a store without tablets, as for one that is not theirs.
    """
    if not somewhere(Act.CALL_STORE, grants):
        raise Rejection(ErrorCode.FORBIDDEN, "only headquarters calls stores")
    places = [place_of(tablet.person.store) for tablet in tablets if tablet.person.store is not None]
    if not any(place.store == store and may(Act.CALL_STORE, grants, place) for place in places):
        raise Rejection(ErrorCode.NOT_FOUND, "no such store")


def call_store(wish: CallStore, now_ms: int, facts: OpeningFacts) -> Decision:
    """Every free tablet of the store rings; the caller leads the call. Raises Rejection."""
    check(wish.store, facts.grants, facts.tablets)
    check_headquarters_calls(facts.policies)
    if facts.elsewhere:
        raise Rejection(ErrorCode.CONFLICT, "in another room")
    store = facts.tablets[0].person.store
    assert store is not None
    opened = RoomState(
        id=facts.room,
        ver=1,
        kind=RoomKind.CALL,
        opened_at=now_ms,
        members=[facts.opener(now_ms, host=True)],
        call=Call(
            stage=CallStage.RINGING,
            reason=wish.reason,
            store=store,
            caller=facts.by.id,
            ring_until=now_ms + facts.ring_ms,
            timings=Timings(tap=max(0, now_ms - wish.age_ms)),
        ),
    )
    draft = Draft(opened, now_ms)
    free = [tablet.person for tablet in facts.tablets if tablet.presence is Presence.FREE]
    for tablet in free:
        draft.emit(MemberChanged(member=Member(person=tablet, state=MemberState.RINGING)))
    if not free:
        draft.close(EndReason.NOBODY_FREE)
    return draft.done(opened=opened)


def by_store(state: RoomState) -> bool:
    """Whether the store called; otherwise headquarters did."""
    caller = find(state, state.call.caller) if state.call is not None else None
    return caller is not None and at_store(caller.person)


def crossing(wish: StartCall | CallStore, store: StoreId, states: Iterable[RoomState]) -> RoomId | None:
    """The call from the other side that nobody has answered: `wish` answers it, so that there never are two."""
    for state in states:
        call = state.call
        if call is None or call.store is None or call.store.id != store:
            continue
        if state.closed_at is not None or call.answered_by is not None:
            continue
        if by_store(state) is isinstance(wish, CallStore):
            return state.id
    return None


def met(draft: Draft, command: Met, facts: Facts) -> None:
    """Answer the call that crossed the own one, rung or not: both buttons said that the call is recorded.

    Raises Rejection `over` or `conflict` if it does not wait any more, or `busy`.
    """
    member = find(draft.state, command.by)
    if draft.state.closed_at is not None:
        raise Rejection(ErrorCode.OVER, "the call has ended")
    if calls.call_of(draft).answered_by is not None:
        raise Rejection(ErrorCode.CONFLICT, "answered elsewhere")
    if member is None:
        member = Member(person=command.person, state=MemberState.RINGING)
        draft.emit(MemberChanged(member=member))
    elif member.state is not MemberState.RINGING:
        member = draft.move(member, MemberState.RINGING)
    calls.answer(draft, member, command.session, facts)
