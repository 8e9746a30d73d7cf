"""The code on a sticker, and what a call about its machine carries."""

import random
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from contract.client import StartCall
from contract.equipment import StickerCode
from contract.errors import ErrorCode, Rejection
from contract.ids import StoreId
from contract.people import Skill
from contract.rooms import MemberState, Reason
from signaling.domain import sticker
from signaling.domain.rooms import open_room
from signaling.domain.sticker import Equipped
from tests.signaling.domain.people import CHEN, CID, LIU, NOW, STORE, opening
from tests.support.chain import FRYER

pytestmark = pytest.mark.unit


def test_a_code_is_ten_characters_that_cannot_be_mistaken_for_each_other() -> None:
    choose = random.Random(1).choice
    codes = {sticker.made_up(choose) for _ in range(1000)}
    assert len(codes) == 1000
    for code in codes:
        assert TypeAdapter(StickerCode).validate_python(code) == code
        assert sticker.normal(code) == code
    assert not set("".join(codes)) & set("ILOU")


@pytest.mark.parametrize("typed", ["7K3MPX9T01", "7k3mp-x9t01", " 7K3MP X9TOI ", "7k3mp-x9tol"])
def test_a_code_is_read_as_it_is_typed(typed: str) -> None:
    assert sticker.normal(typed) == "7K3MPX9T01"
    assert sticker.shown("7K3MPX9T01") == "7K3MP-X9T01"


@pytest.mark.parametrize("typed", ["", "7K3MPX9T0", "7K3MPX9T011", "7K3MPX9TU1", "7K3MPX9T0é", "７K3MPX9T01"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert sticker.normal(typed) is None


def test_the_square_leads_to_this_passline() -> None:
    assert sticker.address_of("https://passline.example", "7K3MPX9T01") == "https://passline.example/q/7K3MPX9T01"


WISH = StartCall(cid=CID, reason=Reason.EQUIPMENT, equipment=FRYER.machine.id)
assert STORE.store is not None
HERE = Equipped(FRYER.machine, Reason.DISHES, STORE.store.id, retired=False)


def test_a_call_about_a_machine_carries_it_and_rings_whom_the_machine_is_for() -> None:
    state = open_room(WISH, NOW, replace(opening(STORE), equipment=HERE)).state
    assert state.call is not None
    assert (state.call.equipment, state.call.reason) == (FRYER.machine, Reason.DISHES)
    ringing = {member.person.id for member in state.members if member.state is MemberState.RINGING}
    assert ringing == {LIU.id}
    assert (Skill.DISHES in LIU.skills, Skill.DISHES in CHEN.skills) == (True, False)


@pytest.mark.parametrize("found", [None, replace(HERE, retired=True), replace(HERE, store=StoreId("s-elsewhere"))])
def test_no_call_is_about_a_machine_that_is_not_there_not_here_or_retired(found: Equipped | None) -> None:
    with pytest.raises(Rejection) as refused:
        open_room(WISH, NOW, replace(opening(STORE), equipment=found))
    assert refused.value.code is ErrorCode.NOT_FOUND


def test_a_call_that_is_about_no_machine_carries_none() -> None:
    state = open_room(StartCall(cid=CID, reason=Reason.EQUIPMENT), NOW, opening(STORE)).state
    assert state.call is not None
    assert state.call.equipment is None
