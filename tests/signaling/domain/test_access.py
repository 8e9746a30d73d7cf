"""What the roles may do, written out, and that no grant reaches beyond its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.ids import PersonId, RegionId, StoreId
from contract.people import Grant, Person, Role
from contract.rooms import Member, MemberState
from signaling.domain.access import CHAIN, ROLES, Act, Place, may, may_in_room, roles_for, scope_of, somewhere
from tests.signaling.domain.people import STORE, THIRD, answered, training

pytestmark = pytest.mark.unit

ALL_WHO_SIGN_IN = frozenset(Role) - {Role.VISITOR, Role.GUEST}
OVERSEEING = frozenset({Role.MANAGER, Role.OPERATIONS, Role.ADMIN})
TABLE: dict[Act, frozenset[Role]] = {
    Act.CONNECT: ALL_WHO_SIGN_IN | {Role.VISITOR},
    Act.BE_HERE: ALL_WHO_SIGN_IN,
    Act.KEEP_PASSKEYS: ALL_WHO_SIGN_IN - {Role.STORE},
    Act.TAKE_OWN_COPY: ALL_WHO_SIGN_IN - {Role.STORE},
    Act.KEEP_PROGRESS: ALL_WHO_SIGN_IN - {Role.AUDITOR},
    Act.CALL: frozenset({Role.STORE}),
    Act.CALL_STORE: OVERSEEING | {Role.EXPERT, Role.TRAINER},
    Act.CALL_COLLEAGUE: OVERSEEING | {Role.EXPERT, Role.TRAINER},
    Act.BE_RUNG: frozenset({Role.EXPERT}),
    Act.TAKE_PART: OVERSEEING | {Role.STORE, Role.EXPERT, Role.TRAINER, Role.VISITOR},
    Act.OPEN_SESSION: frozenset({Role.TRAINER}),
    Act.RELAY: OVERSEEING | {Role.STORE, Role.EXPERT, Role.TRAINER, Role.VISITOR},
    Act.LET_IN: frozenset({Role.EXPERT, Role.TRAINER, Role.ADMIN}),
    Act.INVITE_VISITOR: OVERSEEING | {Role.EXPERT, Role.TRAINER},
    Act.VISIT: frozenset({Role.VISITOR}),
    Act.LET_IN_ANYWHERE: frozenset({Role.ADMIN}),
    Act.SEE_EXPERTS: OVERSEEING | {Role.STORE, Role.EXPERT, Role.TRAINER, Role.STORE_MANAGER},
    Act.SEE_STORE: OVERSEEING | {Role.EXPERT, Role.TRAINER, Role.STORE_MANAGER},
    Act.SEE_CALLBACK: OVERSEEING | {Role.STORE, Role.EXPERT, Role.STORE_MANAGER},
    Act.WORK_CALLBACK: OVERSEEING | {Role.EXPERT},
    Act.OVERSEE_CALLBACK: OVERSEEING,
    Act.SEE_QUEUE: OVERSEEING | {Role.STORE, Role.EXPERT, Role.STORE_MANAGER},
    Act.SEE_ARCHIVE: OVERSEEING | {Role.STORE, Role.STORE_MANAGER, Role.AUDITOR},
    Act.SEE_QUALITY: OVERSEEING | {Role.STORE_MANAGER},
    Act.PUBLISH: frozenset({Role.EXPERT, Role.TRAINER, Role.OPERATIONS, Role.ADMIN}),
    Act.PUBLISH_ANY: frozenset({Role.OPERATIONS, Role.ADMIN}),
    Act.READ_AUDIT: frozenset({Role.AUDITOR, Role.ADMIN}),
    Act.READ_STORES: OVERSEEING | {Role.STORE_MANAGER},
    Act.TEST_ITSELF: frozenset({Role.STORE}),
    Act.SEE_SELF_TESTS: OVERSEEING | {Role.STORE_MANAGER},
    Act.CHANGE_STORES: frozenset({Role.ADMIN}),
    Act.SEE_EQUIPMENT: OVERSEEING | {Role.STORE, Role.STORE_MANAGER},
    Act.CHANGE_EQUIPMENT: frozenset({Role.ADMIN}),
    Act.CHANGE_PEOPLE: frozenset({Role.ADMIN}),
    Act.CHANGE_ROUTING: frozenset({Role.ADMIN}),
    Act.BE_TAKEN_OVER: frozenset({Role.STORE}),
    Act.TAKE_OVER: frozenset({Role.STAFF, Role.STORE_MANAGER, Role.MANAGER}),
    Act.GIVE_PIN: frozenset({Role.STORE_MANAGER, Role.MANAGER, Role.ADMIN}),
    Act.CHANGE_POLICIES: frozenset({Role.ADMIN}),
}
"""Written by hand, so that a role that gets an act by mistake is noticed."""

EAST, NORTH = RegionId("r-east"), RegionId("r-north")
HERE = Place(EAST, StoreId("s-0117"))
BESIDE = Place(EAST, StoreId("s-0108"))
FAR = Place(NORTH, StoreId("s-0201"))
REACHES = {
    "the chain": ((None, None), {HERE, BESIDE, FAR, Place(EAST), Place(NORTH), CHAIN}),
    "a region": ((EAST, None), {HERE, BESIDE, Place(EAST)}),
    "a store": ((None, StoreId("s-0117")), {HERE}),
}
PLACES = [HERE, BESIDE, FAR, Place(EAST), Place(NORTH), CHAIN]


def test_every_act_and_every_role_is_in_the_table() -> None:
    assert set(TABLE) == set(Act)
    assert set(ROLES) == set(Role)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("where", REACHES)
def test_a_role_may_do_what_the_table_says_where_its_grant_reaches(act: Act, where: str) -> None:
    (region, store), reached = REACHES[where]
    assert roles_for(act) == TABLE[act]
    for role in Role:
        held = [Grant(role=role, region=region, store=store)]
        assert somewhere(act, held) is (role in TABLE[act])
        for place in PLACES:
            assert may(act, held, place) is (role in TABLE[act] and place in reached), (role, place)


def test_nobody_may_do_anything_without_a_grant() -> None:
    assert not any(may(act, [], place) for act in Act for place in PLACES)
    assert not any(somewhere(act, []) for act in Act)


def test_a_grant_is_for_one_place() -> None:
    with pytest.raises(ValidationError, match="not for both"):
        Grant(role=Role.MANAGER, region=EAST, store=StoreId("s-0117"))


regions = st.sampled_from([EAST, NORTH, RegionId("r-south")])
stores = st.sampled_from([StoreId(f"s-{number}") for number in range(5)])
roles = st.sampled_from(Role)
grants = st.one_of(
    st.builds(Grant, role=roles),
    st.builds(Grant, role=roles, region=regions),
    st.builds(Grant, role=roles, store=stores),
)
places = st.one_of(st.just(CHAIN), st.builds(Place, region=regions), st.builds(Place, region=regions, store=stores))
acts = st.sampled_from(Act)


def within(grant: Grant, place: Place) -> bool:
    """Said in another way than the rule says it."""
    if grant.store is not None:
        return place.store == grant.store
    if grant.region is not None:
        return place.region == grant.region
    return True


@settings(max_examples=300, deadline=None)
@given(act=acts, held=st.lists(grants, max_size=6), place=places)
def test_no_act_is_allowed_but_by_a_grant_that_reaches_there(act: Act, held: list[Grant], place: Place) -> None:
    by = [grant for grant in held if act in ROLES[grant.role] and within(grant, place)]
    assert may(act, held, place) is bool(by)


@settings(max_examples=300, deadline=None)
@given(act=acts, held=st.lists(grants, max_size=6), more=grants, place=places)
def test_another_grant_takes_nothing_away(act: Act, held: list[Grant], more: Grant, place: Place) -> None:
    if may(act, held, place):
        assert may(act, [*held, more], place)
        assert may(act, [more, *held], place), "nor does their order"
    if somewhere(act, held):
        assert somewhere(act, [*held, more])


@settings(max_examples=300, deadline=None)
@given(act=acts, held=st.lists(grants, max_size=6))
def test_a_door_is_open_exactly_to_who_reaches_something_behind_it(act: Act, held: list[Grant]) -> None:
    scope = scope_of(act, held)
    named = [Place(region, store) for region in scope.regions for store in scope.stores] or [
        *(Place(region=region) for region in scope.regions),
        *(Place(store=store) for store in scope.stores),
    ]
    reached = [place for place in (CHAIN, *named) if may(act, held, place)]
    assert somewhere(act, held) is bool(reached)


def test_what_is_done_to_a_whole_room_needs_a_grant_for_every_store_in_it() -> None:
    """THIRD lies in the same region as the others; a room without a store is reached by the chain only."""
    state = training()
    region, chain_wide = Grant(role=Role.ADMIN, region=RegionId("east")), Grant(role=Role.ADMIN)
    here = Grant(role=Role.ADMIN, store=StoreId("s-0117"))
    assert may_in_room(Act.PUBLISH_ANY, [region], state)
    assert not may_in_room(Act.PUBLISH_ANY, [here], state)
    assert may_in_room(Act.PUBLISH_ANY, [here], answered()), "a call is of one store"
    manager = Person(id=PersonId("p-song"), role=Role.STORE_MANAGER, name=STORE.name, store=THIRD.store)
    with_her = answered().model_copy(
        update={"members": [*answered().members, Member(person=manager, state=MemberState.JOINED)]}
    )
    assert may_in_room(Act.PUBLISH_ANY, [here], with_her), "who manages a store does not bring it along"
    alone = state.model_copy(update={"members": [one for one in state.members if one.person.store is None]})
    assert not may_in_room(Act.PUBLISH_ANY, [region, here], alone)
    assert may_in_room(Act.PUBLISH_ANY, [chain_wide], alone)
