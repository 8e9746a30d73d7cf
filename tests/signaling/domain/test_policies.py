"""The chain's rules: what they are without being set, what each forbids or widens, and what is audited."""

from dataclasses import replace

import pytest

from contract.client import AcceptCall, CallStore, OpenSession, SetMedia, StartCall
from contract.errors import ErrorCode, Rejection
from contract.ids import RegionId, StoreId
from contract.people import Grant, Presence, PresenceEntry, Role
from contract.policies import ArchiveRules, Policies, Recorded, Seen
from contract.rooms import Reason
from signaling.domain.access import EVERYWHERE, NOWHERE, Act, Scope, scope_of
from signaling.domain.commands import OpeningFacts
from signaling.domain.policies import ArchiveReach, Change, archive_reach, changes, check_guests
from signaling.domain.rooms import open_room
from tests.signaling.domain.people import CHEN, CID, FACTS, NOW, ROOM, STORE, TRAINER, ask, called, name, opening

pytestmark = pytest.mark.unit

EAST, HERE = RegionId("r-east"), StoreId("s-0117")
CALL = StartCall(cid=CID, reason=Reason.EQUIPMENT)
BACK = CallStore(cid=CID, store=StoreId("s-0117"), reason=Reason.EQUIPMENT)
ACCEPT = AcceptCall(cid=CID, room=ROOM)
NOT_RECORDED = replace(FACTS, policies=Policies(recorded=Recorded.NEVER))
CLASS = OpenSession(cid=CID, title=name("washing"), invite=[STORE.id])
MANAGER = CHEN.model_copy(update={"role": Role.MANAGER})


def outgoing(by: Policies) -> OpeningFacts:
    tablet = PresenceEntry(person=STORE, presence=Presence.FREE, since_ms=0)
    return replace(opening(CHEN), tablets=[tablet], policies=by)


def code_of(rejected: pytest.ExceptionInfo[Rejection]) -> ErrorCode:
    return rejected.value.code


def test_without_being_set_everything_is_as_it_was() -> None:
    """What the roles alone allow, and no more."""
    usual = Policies()
    for role in Role:
        for grant in (Grant(role=role), Grant(role=role, region=EAST), Grant(role=role, store=HERE)):
            assert archive_reach(usual, [grant]) == ArchiveReach(scope_of(Act.SEE_ARCHIVE, [grant]))
    assert usual.stores_call
    assert usual.headquarters_calls
    assert usual.guests
    assert usual.recorded is Recorded.ALWAYS


def test_a_store_may_call_or_not() -> None:
    assert open_room(CALL, NOW, opening(STORE)).opened is not None
    with pytest.raises(Rejection) as refused:
        open_room(CALL, NOW, replace(opening(STORE), policies=Policies(stores_call=False)))
    assert code_of(refused) is ErrorCode.POLICY


def test_headquarters_may_call_or_not() -> None:
    assert open_room(BACK, NOW, outgoing(Policies(stores_call=False))).opened is not None
    with pytest.raises(Rejection) as refused:
        open_room(BACK, NOW, outgoing(Policies(headquarters_calls=False)))
    assert code_of(refused) is ErrorCode.POLICY


def test_who_may_not_call_anyway_hears_that_and_not_of_a_rule() -> None:
    learner = CHEN.model_copy(update={"role": Role.LEARNER})
    with pytest.raises(Rejection) as refused:
        open_room(CALL, NOW, replace(opening(learner), policies=Policies(stores_call=False, colleagues_call=False)))
    assert code_of(refused) is ErrorCode.FORBIDDEN


def test_guests_come_or_not() -> None:
    check_guests(Policies())
    with pytest.raises(Rejection) as refused:
        check_guests(Policies(guests=False))
    assert code_of(refused) is ErrorCode.POLICY


@pytest.mark.parametrize(
    ("recorded", "led_by_expert", "led_by_manager"),
    [(Recorded.ALWAYS, True, True), (Recorded.EXPERTS, True, False), (Recorded.NEVER, False, False)],
)
def test_what_is_recorded_goes_by_who_leads(recorded: Recorded, *, led_by_expert: bool, led_by_manager: bool) -> None:
    rules = Policies(recorded=recorded)
    facts = replace(FACTS, policies=rules)
    answered = ask(called(), CHEN, ACCEPT, facts=facts).state
    assert (answered.recording is not None) is led_by_expert
    session = open_room(CLASS, NOW, replace(opening(TRAINER), policies=rules)).state
    assert (session.recording is not None) is led_by_expert
    ringing = open_room(BACK, NOW, replace(outgoing(rules), by=MANAGER)).state
    taken = ask(ringing, STORE, ACCEPT, facts=facts).state
    assert (taken.recording is not None) is led_by_manager


def test_what_is_recorded_already_goes_on_when_the_rule_changes() -> None:
    state = ask(called(), CHEN, ACCEPT).state
    later = ask(state, CHEN, SetMedia(cid=CID, room=ROOM, muted=True, camera_off=False), facts=NOT_RECORDED).state
    assert later.recording == state.recording is not None


STORE_GRANT, REGION_GRANT, CHAIN_GRANT = (
    Grant(role=Role.STORE, store=HERE),
    Grant(role=Role.MANAGER, region=EAST),
    Grant(role=Role.EXPERT),
)
STORES, REGION = Scope(stores=frozenset({HERE})), Scope(regions=frozenset({EAST}))


@pytest.mark.parametrize(
    ("grant", "rules", "reach"),
    [
        (STORE_GRANT, ArchiveRules(store=Seen.OWN), ArchiveReach()),
        (STORE_GRANT, ArchiveRules(), ArchiveReach(STORES)),
        (STORE_GRANT, ArchiveRules(store=Seen.REGION), ArchiveReach(STORES, frozenset({HERE}))),
        (STORE_GRANT, ArchiveRules(store=Seen.CHAIN), ArchiveReach(EVERYWHERE)),
        (REGION_GRANT, ArchiveRules(manager=Seen.OWN), ArchiveReach()),
        (REGION_GRANT, ArchiveRules(), ArchiveReach(REGION)),
        (REGION_GRANT, ArchiveRules(manager=Seen.CHAIN), ArchiveReach(EVERYWHERE)),
        (CHAIN_GRANT, ArchiveRules(), ArchiveReach(NOWHERE)),
        (CHAIN_GRANT, ArchiveRules(expert=Seen.PLACE), ArchiveReach(EVERYWHERE)),
        (Grant(role=Role.EXPERT, region=EAST), ArchiveRules(expert=Seen.PLACE), ArchiveReach(REGION)),
        (Grant(role=Role.ADMIN), ArchiveRules(operations=Seen.OWN, auditor=Seen.OWN), ArchiveReach(EVERYWHERE)),
        (Grant(role=Role.LEARNER), ArchiveRules(store=Seen.CHAIN), ArchiveReach(NOWHERE)),
    ],
)
def test_who_may_replay_what(grant: Grant, rules: ArchiveRules, reach: ArchiveReach) -> None:
    assert archive_reach(Policies(archive=rules), [grant]) == reach


def test_several_grants_reach_what_each_of_them_reaches() -> None:
    rules = Policies(archive=ArchiveRules(manager=Seen.OWN, store=Seen.REGION))
    both = archive_reach(rules, [STORE_GRANT, REGION_GRANT])
    assert both == ArchiveReach(STORES, frozenset({HERE}))


def test_every_rule_that_changed_is_named_with_what_it_was_and_is() -> None:
    before = Policies()
    after = Policies(guests=False, archive=ArchiveRules(store=Seen.OWN), pin_idle_min=5)
    assert changes(before, before) == []
    assert changes(before, after) == [
        Change("archive.store", "place", "own"),
        Change("guests", "true", "false"),
        Change("pin_idle_min", "10", "5"),
    ]
