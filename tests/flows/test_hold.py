"""Calls on hold and calls that move to another device, over the wire: nothing passes, whatever dies."""

from pathlib import Path

import pytest

from contract.client import HandOver, HoldCall, JoinRoom
from contract.ids import RoomId
from contract.server import Done, SeatOffered
from runtime import clock
from tests.support.caller import Caller, call, caller
from tests.support.clients import new_cid
from tests.support.nodes import until
from tests.support.stack import Stack

pytestmark = pytest.mark.flow

SECOND_PACKETS = 50


async def hold(by: Caller, room: RoomId, *, on: bool) -> None:
    done = await by.tab.do(HoldCall(cid=new_cid(), room=room, on=on))
    assert isinstance(done, Done), done


async def cut_off(people: tuple[Caller, ...]) -> float:
    """Wait until the worker says to everybody that their slots are empty; the time by then."""
    for one in people:
        await until(
            lambda one=one: one.slots and not any(slot.participant for slot in one.slots),  # type: ignore[misc]
            f"{one.tab.person} is told that nobody is there",
        )
    return clock.now()


async def nothing_passes(people: tuple[Caller, ...], since: float) -> None:
    """Everybody speaks for a second more, all of it reaches the worker, and nobody has heard anything since then."""
    for one, before in [(one, one.spoken) for one in people]:
        await until(lambda one=one, before=before: one.spoken >= before + SECOND_PACKETS, "a second of speech")  # type: ignore[misc]
    for one in people:
        await one.peers[-1].check()  # answered after all that came before by the same socket
    for one in people:
        assert not [at for at in one.heard if at > since], f"{one.tab.person} heard the other side"


async def moves(desk: Caller, phone: Caller, room: RoomId) -> float:
    """The desk asks the phone to go on with the call, which does; the time at which it took the seat."""
    assert phone.tab.welcome is not None
    await phone.tab.until(lambda: room in phone.tab.rooms, "the call, elsewhere")
    wish = HandOver(cid=new_cid(), room=room, to=phone.tab.welcome.session)
    assert isinstance(await desk.tab.do(wish), Done)
    await phone.tab.until(lambda: SeatOffered(room=room) in phone.tab.heard, "it is asked")
    at = clock.now()
    assert isinstance(await phone.tab.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    phone.media(room)
    return at


@pytest.mark.full_only
async def test_a_call_moves_to_the_phone_and_on_hold_nothing_passes(tmp_path: Path) -> None:
    async with (
        Stack(tmp_path) as stack,
        caller(stack, "store-0117") as store,
        caller(stack, "chen") as desk,
        caller(stack, "chen") as phone,
    ):
        room = await call(store, desk)
        moved = await moves(desk, phone, room)
        connected = await phone.hears(after=moved)
        await store.hears(after=connected)
        gap_s = store.longest_gap_s(moved, clock.now())
        print(f"the store heard nothing for {gap_s:.3f} s while the call moved")
        assert store.tab.rooms[room].closed_at is None

        people = (store, phone)
        await hold(phone, room, on=True)
        await nothing_passes(people, await cut_off(people))
        resumed = clock.now()
        await hold(phone, room, on=False)
        for one in people:
            await one.hears(after=resumed)


@pytest.mark.full_only
async def test_on_hold_it_stays_so_whatever_process_dies(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, caller(stack, "store-0117") as store, caller(stack, "chen") as chen:
        people = (store, chen)
        room = await call(store, chen)
        await hold(chen, room, on=True)
        since = await cut_off(people)
        for process in ("signaling", "media-0", "recorder"):
            before = [len(one.peers) for one in people]
            await stack.kill(process)
            await stack.ready()
            if process == "media-0":
                for one, count in zip(people, before, strict=True):
                    await until(lambda one=one, count=count: len(one.peers) > count, "a new connection")  # type: ignore[misc]
            await nothing_passes(people, since)
        resumed = clock.now()
        await hold(chen, room, on=False)
        for one in people:
            await one.hears(after=resumed)
