"""Who may be deleted on request, and what is left of them."""

import json
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Name, Operator, Role
from contract.rooms import RoomEvent, RoomState
from signaling.domain.erasure import DELETED, Standing, check, without
from tests.support import chain

pytestmark = pytest.mark.unit

LEFT = Standing(
    role=Role.EXPERT,
    name=Name(zh="陈立群", en="Chen Liqun"),
    disabled=True,
    own=False,
    last_administrator=False,
    unsettled=False,
)
_EVENT: TypeAdapter[RoomEvent] = TypeAdapter(RoomEvent)


@pytest.mark.parametrize("typed", ["陈立群", "Chen Liqun", "  陈立群 "])
def test_who_has_left_is_deleted_under_either_name(typed: str) -> None:
    check(LEFT, typed)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (replace(LEFT, role=Role.STORE), "no person"),
        (replace(LEFT, own=True), "nobody deletes themselves"),
        (replace(LEFT, disabled=False, last_administrator=True), "last administrator"),
        (replace(LEFT, disabled=False), "still here"),
        (replace(LEFT, unsettled=True), "not over and saved"),
    ],
)
def test_nobody_else_is_and_each_hears_why(who: Standing, words: str) -> None:
    with pytest.raises(Rejection, match=words) as refused:
        check(who, "陈立群")
    assert refused.value.code is ErrorCode.CONFLICT


@pytest.mark.parametrize("typed", ["陈", "陈立群 Chen", "chen liqun", "", "已删除"])
def test_another_name_deletes_nobody(typed: str) -> None:
    with pytest.raises(Rejection, match="not what they are called") as refused:
        check(LEFT, typed)
    assert refused.value.code is ErrorCode.BAD_MESSAGE


def test_a_room_and_its_events_keep_the_seat_and_lose_the_name() -> None:
    seed, chen = chain.finished_call(), PersonId("p-chen")
    state = RoomState.model_validate(without(json.loads(seed.state.model_dump_json()), chen))
    seats = {member.person.id: member for member in state.members}
    before = {member.person.id: member for member in seed.state.members}
    assert seats[chen] == before[chen].model_copy(
        update={"person": before[chen].person.model_copy(update={"name": DELETED, "title": None, "skills": []})}
    )
    assert {id_: seat for id_, seat in seats.items() if id_ != chen} == {
        id_: seat for id_, seat in before.items() if id_ != chen
    }
    assert state.model_copy(update={"members": []}) == seed.state.model_copy(update={"members": []})
    for _, event in seed.events:
        left = without(json.loads(event.model_dump_json()), chen)
        assert "陈立群" not in _EVENT.validate_python(left).model_dump_json()


def test_whoever_had_taken_a_tablet_over_is_nobody_and_the_tablet_stays_what_it_is() -> None:
    tablet = chain.PEOPLE["store-0117"].model_copy(
        update={"operator": Operator(id=PersonId("p-tang"), name=Name(zh="唐悦", en="Tang Yue"))}
    )
    left = type(tablet).model_validate(without(json.loads(tablet.model_dump_json()), "p-tang"))
    assert left == tablet.model_copy(update={"operator": Operator(id=PersonId("p-tang"), name=DELETED)})
    assert without(json.loads(tablet.model_dump_json()), "p-nobody") == json.loads(tablet.model_dump_json())
