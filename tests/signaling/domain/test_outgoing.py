"""Headquarters calls a store: whom it rings, who answers, what it settles, and two who call each other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.callbacks import Callback
from contract.client import AcceptCall, BringIn, CallStore, CancelCall, DeclineCall, LeaveRoom, StartCall
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RegionId
from contract.nodes import SetGrants, StartRecording
from contract.people import Grant, Person, Presence, PresenceEntry, Role
from contract.rooms import CallStage, EndReason, MemberState, Reason, RoomState
from signaling.domain import callbacks
from signaling.domain.calls import next_ring_ms
from signaling.domain.commands import Facts, Met, OpeningFacts, RingExpired
from signaling.domain.draft import Decision, concerns, find, grants_of
from signaling.domain.outgoing import by_store, crossing
from signaling.domain.presence import in_rooms
from signaling.domain.rooms import decide, open_room
from tests.signaling.domain.people import (
    CHEN,
    CID,
    FACTS,
    NOW,
    RECORDING,
    ROOM,
    SECOND,
    STORE,
    TRAINER,
    ZHANG,
    answered,
    ask,
    called,
    entries,
    session,
    training,
)
from tests.support.holder import usual_grants

pytestmark = pytest.mark.unit

SPARE = STORE.model_copy(update={"id": PersonId("p-spare")})
"""The store's other tablet."""
MANAGER = Person(id=PersonId("p-wu"), role=Role.MANAGER, name=CHEN.name)
ADMIN = Person(id=PersonId("p-admin"), role=Role.ADMIN, name=CHEN.name)
SONG = Person(id=PersonId("p-song"), role=Role.STORE_MANAGER, name=CHEN.name, store=STORE.store)
LEARNER = Person(id=PersonId("p-lin"), role=Role.LEARNER, name=CHEN.name)
AUDITOR = Person(id=PersonId("p-qian"), role=Role.AUDITOR, name=CHEN.name)
RING_MS = 45_000
assert STORE.store is not None
WISH = CallStore(cid=CID, store=STORE.store.id, reason=Reason.EQUIPMENT)


def tablets(*states: tuple[Person, Presence]) -> list[PresenceEntry]:
    return [PresenceEntry(person=person, presence=presence, since_ms=NOW) for person, presence in states]


def facts(
    by: Person = CHEN, *seen: tuple[Person, Presence], elsewhere: bool = False, region: str = "east"
) -> OpeningFacts:
    return OpeningFacts(
        by=by,
        grants=usual_grants(by, RegionId(region) if by is MANAGER else None),
        session=session(by),
        room=ROOM,
        fresh_recording=RECORDING,
        elsewhere=elsewhere,
        tablets=tablets(*seen),
        ring_ms=RING_MS,
    )


def managed() -> RoomState:
    """SONG, who manages this store and works in operations too, calls it and is answered."""
    opening = replace(facts(SONG, *BOTH), grants=[Grant(role=Role.OPERATIONS)])
    return ask(open_room(WISH, NOW, opening).state, STORE, AcceptCall(cid=CID, room=ROOM)).state


BOTH = ((STORE, Presence.FREE), (SPARE, Presence.FREE))


def calls_store(*seen: tuple[Person, Presence]) -> RoomState:
    """CHEN calls the store."""
    return open_room(WISH, NOW, facts(CHEN, *(seen or BOTH))).state


def states(state: RoomState) -> dict[PersonId, MemberState]:
    return {member.person.id: member.state for member in state.members}


def refusal(act: Callable[[], Decision]) -> ErrorCode:
    with pytest.raises(Rejection) as caught:
        act()
    return caught.value.code


def met(state: RoomState, who: Person, *, facts: Facts = FACTS) -> Decision:
    return decide(state, Met(who.id, session(who), who), NOW + 1000, facts)


@pytest.mark.parametrize(
    ("by", "seen", "more", "code"),
    [
        (CHEN, BOTH, {}, None),
        (TRAINER, BOTH, {}, None),
        (MANAGER, BOTH, {}, None),
        (ADMIN, BOTH, {}, None),
        (MANAGER, BOTH, {"region": "north"}, ErrorCode.NOT_FOUND),
        (CHEN, (), {}, ErrorCode.NOT_FOUND),
        (CHEN, ((SECOND, Presence.FREE),), {}, ErrorCode.NOT_FOUND),
        (CHEN, BOTH, {"elsewhere": True}, ErrorCode.CONFLICT),
        (STORE, BOTH, {}, ErrorCode.FORBIDDEN),
        (LEARNER, BOTH, {}, ErrorCode.FORBIDDEN),
        (AUDITOR, BOTH, {}, ErrorCode.FORBIDDEN),
    ],
)
def test_who_calls_which_store(
    by: Person, seen: tuple[tuple[Person, Presence], ...], more: dict[str, Any], code: ErrorCode | None
) -> None:
    if code is not None:
        assert refusal(lambda: open_room(WISH, NOW, facts(by, *seen, **more))) is code
        return
    state = open_room(WISH, NOW, facts(by, *seen)).state
    assert [(member.person, member.host) for member in state.members if member.host] == [(by, True)]
    assert state.call is not None
    assert (state.call.caller, state.call.store, state.call.reason) == (by.id, STORE.store, Reason.EQUIPMENT)


@pytest.mark.parametrize(
    ("first", "second", "rings"),
    [
        (Presence.FREE, Presence.FREE, {STORE.id, SPARE.id}),
        (Presence.BUSY, Presence.FREE, {SPARE.id}),
        (Presence.OFFLINE, Presence.FREE, {SPARE.id}),
        (Presence.RINGING, Presence.FREE, {SPARE.id}),
        (Presence.BUSY, Presence.OFFLINE, set()),
        (Presence.RINGING, Presence.RINGING, set()),
    ],
)
def test_every_free_tablet_rings(first: Presence, second: Presence, rings: set[PersonId]) -> None:
    state = calls_store((STORE, first), (SPARE, second))
    assert {who for who, how in states(state).items() if how is MemberState.RINGING} == rings
    assert state.end is (None if rings else EndReason.NOBODY_FREE)


def test_nothing_flows_before_a_tablet_answers_and_then_both_are_recorded() -> None:
    state = calls_store()
    for member in state.members:
        grants = grants_of(state, member)
        assert grants is not None
        assert {grants.publish, grants.subscribe, grants.record} == {False}
    decision = ask(state, SPARE, AcceptCall(cid=CID, room=ROOM))
    state = decision.state
    assert states(state) == {
        CHEN.id: MemberState.JOINED,
        STORE.id: MemberState.MISSED,
        SPARE.id: MemberState.JOINED,
    }
    assert state.call is not None
    assert (state.call.stage, state.call.answered_by) == (CallStage.ANSWERED, SPARE.id)
    assert [member.person.id for member in state.members if member.host] == [CHEN.id], "who helps leads"
    granted = {effect.participant: effect for effect in decision.effects if isinstance(effect, SetGrants)}
    assert set(granted) == {CHEN.id, SPARE.id}
    assert all(effect.grants.publish and effect.grants.record for effect in granted.values())
    assert granted[SPARE.id].only_session == session(SPARE)
    assert sum(isinstance(effect, StartRecording) for effect in decision.effects) == 1
    assert not concerns(state, STORE.id), "the other tablet stops"


def test_one_tablet_declining_leaves_the_others_ringing() -> None:
    state = ask(calls_store(), STORE, DeclineCall(cid=CID, room=ROOM)).state
    assert state.closed_at is None
    assert ask(state, SPARE, DeclineCall(cid=CID, room=ROOM)).state.end is EndReason.DECLINED


def test_nobody_answering_ends_it_as_missed_in_time() -> None:
    state = calls_store()
    due = next_ring_ms(state)
    assert due == NOW + RING_MS
    assert decide(state, RingExpired(), due - 1, FACTS).events == ()
    assert decide(state, RingExpired(), due, FACTS).state.end is EndReason.MISSED


def test_the_caller_gives_up_or_hangs_up() -> None:
    assert ask(calls_store(), CHEN, CancelCall(cid=CID, room=ROOM)).state.end is EndReason.CANCELLED
    assert ask(calls_store(), CHEN, LeaveRoom(cid=CID, room=ROOM)).state.end is EndReason.CANCELLED
    assert refusal(lambda: ask(calls_store(), STORE, CancelCall(cid=CID, room=ROOM))) is ErrorCode.FORBIDDEN
    talking = ask(calls_store(), STORE, AcceptCall(cid=CID, room=ROOM)).state
    for who in (CHEN, STORE):
        assert ask(talking, who, LeaveRoom(cid=CID, room=ROOM)).state.end is EndReason.HUNG_UP


def test_a_caller_is_not_rung_meanwhile() -> None:
    assert in_rooms([calls_store()], CHEN.id) is Presence.RINGING
    assert in_rooms([calls_store()], STORE.id) is Presence.RINGING


def owed(reason: Reason = Reason.EQUIPMENT) -> Callback:
    call = open_room(StartCall(cid=CID, reason=reason), NOW - 60_000, _no_expert()).state
    made = callbacks.owed(call, 900_000)
    assert made is not None
    return made


def _no_expert() -> OpeningFacts:
    return OpeningFacts(
        by=STORE, grants=usual_grants(STORE), session=session(STORE), room=ROOM, fresh_recording=RECORDING
    )


def test_a_call_from_headquarters_settles_what_is_owed_for_its_reason_when_it_is_answered() -> None:
    talking = ask(calls_store(), SPARE, AcceptCall(cid=CID, room=ROOM)).state
    assert callbacks.settles(owed(), talking, owed().rung_at) == CHEN
    assert callbacks.settles(owed(Reason.DISHES), talking, owed().rung_at) is None
    assert callbacks.settles(owed(), calls_store(), owed().rung_at) is None, "it only rings"


def test_a_store_that_was_called_in_vain_is_owed_nothing() -> None:
    state = calls_store()
    assert callbacks.owed(decide(state, RingExpired(), NOW + RING_MS, FACTS).state, 900_000) is None
    assert callbacks.owed(ask(state, CHEN, CancelCall(cid=CID, room=ROOM), at=NOW + 30_000).state, 900_000) is None


START = StartCall(cid=CID, reason=Reason.DISHES)
OVER = ask(called(), STORE, LeaveRoom(cid=CID, room=ROOM)).state


@pytest.mark.parametrize(
    ("wish", "state", "meets"),
    [
        (WISH, called(), True),
        (WISH, called(entries(ZHANG)), True),  # whoever it rings
        (WISH, answered(), False),
        (WISH, OVER, False),
        (WISH, calls_store(), False),  # two of headquarters call the same store
        (WISH, training(), False),
        (START, calls_store(), True),
        (START, called(), False),
        (START, ask(calls_store(), STORE, AcceptCall(cid=CID, room=ROOM)).state, False),
    ],
)
def test_which_calls_cross(wish: StartCall | CallStore, state: RoomState, *, meets: bool) -> None:
    assert STORE.store is not None
    assert SECOND.store is not None
    assert crossing(wish, STORE.store.id, [training(), state]) == (ROOM if meets else None)
    assert crossing(wish, SECOND.store.id, [state]) is None


@pytest.mark.parametrize("who", [CHEN, TRAINER, MANAGER])
def test_who_calls_a_store_that_calls_answers_it_rung_or_not(who: Person) -> None:
    state = met(called(), who).state
    assert state.call is not None
    assert (state.call.stage, state.call.answered_by) == (CallStage.ANSWERED, who.id)
    assert find(state, ZHANG.id) is not None
    assert states(state)[ZHANG.id] is MemberState.MISSED
    assert [member.person.id for member in state.members if member.host] == [who.id]


@pytest.mark.parametrize("who", [STORE, SPARE])
def test_a_store_that_calls_while_it_is_called_answers_that(who: Person) -> None:
    state = met(calls_store((STORE, Presence.FREE)), who).state
    assert state.call is not None
    assert state.call.answered_by == who.id
    assert [member.person.id for member in state.members if member.host] == [CHEN.id]


def test_a_tablet_that_declined_may_still_call_back() -> None:
    state = ask(calls_store(), STORE, DeclineCall(cid=CID, room=ROOM)).state
    assert states(met(state, STORE).state)[STORE.id] is MemberState.JOINED


def test_what_is_answered_over_or_by_somebody_in_another_room_does_not_meet() -> None:
    assert refusal(lambda: met(answered(), ZHANG)) is ErrorCode.CONFLICT
    assert refusal(lambda: met(OVER, ZHANG)) is ErrorCode.OVER
    busy = Facts(fresh_recording=RECORDING, elsewhere=True)
    assert refusal(lambda: met(called(), ZHANG, facts=busy)) is ErrorCode.BUSY


def test_who_manages_a_store_is_of_headquarters_in_a_call() -> None:
    state = managed()
    assert not by_store(state), "the store is owed nothing when it is called in vain"
    known = replace(FACTS, experts=entries(ZHANG))
    state = ask(state, SONG, BringIn(cid=CID, room=ROOM, person=ZHANG.id), facts=known).state
    state = ask(state, ZHANG, AcceptCall(cid=CID, room=ROOM)).state
    assert ask(state, SONG, LeaveRoom(cid=CID, room=ROOM)).state.closed_at is None
    assert ask(state, ZHANG, LeaveRoom(cid=CID, room=ROOM)).state.closed_at is None, "she stays with the store"
    assert ask(state, STORE, LeaveRoom(cid=CID, room=ROOM)).state.end is EndReason.HUNG_UP
