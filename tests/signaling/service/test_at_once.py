"""Two who want the opposite in the same moment: one thing happens, and every screen shows that one."""

import asyncio

import pytest

from contract.callbacks import Callback
from contract.client import AcceptCall, Command, HoldCall, JoinRoom, LeaveRoom
from contract.errors import ErrorCode
from contract.ids import RoomId
from contract.nodes import OpenLeg, SetGrants
from contract.rooms import EndReason, MemberState
from contract.server import Done, Error
from signaling.app import SERVICE
from signaling.store import callbacks as rows
from tests.signaling.service.test_bookings import book, booked, slots
from tests.signaling.service.test_cuts import holds, seat, session, state_of, waits
from tests.signaling.service.test_third import asks
from tests.signaling.service.world import World, answered, offer
from tests.support.clients import Tab, new_cid
from tests.support.nodes import until

pytestmark = pytest.mark.flow

ROUNDS = 6
"""Each is begun by the other of the two."""


async def both(number: int, one: tuple[Tab, Command], other: tuple[Tab, Command]) -> list[ErrorCode | None]:
    """Why each is refused, or None."""
    order = [one, other][:: 1 if number % 2 else -1]
    heard = await asyncio.gather(*(who.do(command) for who, command in order))
    codes = [said.code if isinstance(said, Error) else None for said in heard]
    return codes[:: 1 if number % 2 else -1]


async def agree(world: World, room: RoomId, *people: Tab) -> None:
    """Their screens show the room as it is."""
    service = world.server.app[SERVICE]
    for one in people:
        await one.until(lambda one=one: one.rooms.get(room) == service.state(room), "the room as it is")  # type: ignore[misc]


async def owed(world: World, *people: Tab) -> list[Callback]:
    """What is not done, once their screens show just that."""
    items = await world.server.house.database.fetch(rows.unfinished)
    await until(lambda: all(waits(one) == items for one in people), "the callbacks as they are")
    return items


async def test_who_moves_a_booking_and_who_cancels_it(world: World) -> None:
    here, there, chen = [await world.tab(login) for login in ("store-0117", "store-0117", "chen")]
    early, late = (await slots(here.browser))[:2]
    for number in range(ROUNDS):
        before = await booked(here.browser, early)
        move, cancel = book(here.browser, late), there.browser.post(f"/api/callbacks/{before.room}/cancel")
        answers = await asyncio.gather(*([move, cancel] if number % 2 else [cancel, move]))
        assert [one.status for one in answers] == [200, 200]
        left = await owed(world, here, there, chen)
        assert [(one.at, one.room == before.room) for one in left] in ([], [(late, False)]), "gone, or booked anew"
        for one in left:
            assert (await there.browser.post(f"/api/callbacks/{one.room}/cancel")).status == 200


@pytest.mark.parametrize("leaver", ["store", "chen"])
async def test_who_puts_on_hold_and_who_hangs_up(world: World, leaver: str) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    goes = store if leaver == "store" else chen
    for number in range(ROUNDS):
        room = await answered(store, chen)
        hold = HoldCall(cid=new_cid(), room=room, on=True)
        held, left = await both(number, (chen, hold), (goes, LeaveRoom(cid=new_cid(), room=room)))
        assert left is None
        assert held in (None, ErrorCode.OVER)
        await agree(world, room, store, chen)
        assert store.rooms[room].end is EndReason.HUNG_UP
        assert [one.room for one in await owed(world, store, chen)] == ([room] if held is None else [])


@pytest.mark.parametrize("on", [True, False])
async def test_who_holds_or_resumes_and_who_takes_the_call_over(world: World, *, on: bool) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    for number in range(ROUNDS):
        room = await answered(store, chen)
        assert (await offer(store, room)).status == 201
        if not on:
            assert isinstance(await chen.do(HoldCall(cid=new_cid(), room=room, on=True)), Done)
        await asks(chen, zhang, room, instead=True)
        wish = HoldCall(cid=new_cid(), room=room, on=on)
        pressed, taken = await both(number, (chen, wish), (zhang, AcceptCall(cid=new_cid(), room=room)))
        assert taken is None
        assert pressed in (None, ErrorCode.FORBIDDEN)
        await agree(world, room, store, zhang)
        await chen.until(lambda room=room: room in chen.gone, "it is no call of theirs")  # type: ignore[misc]
        assert (state_of(store, chen, room), state_of(store, zhang, room)) == (MemberState.LEFT, MemberState.JOINED)
        assert all(one.until for one in holds(store, room)), "nobody waits for who is gone"
        await until(lambda room=room: flows(world, room, store), "the store is heard")  # type: ignore[misc]
        assert isinstance(await zhang.do(LeaveRoom(cid=new_cid(), room=room)), Done)
        await store.until(lambda room=room: store.rooms[room].closed_at, "it is over")  # type: ignore[misc]


def flows(world: World, room: RoomId, who: Tab) -> bool:
    """Whether the worker was told last that theirs passes."""
    told = [one for one in world.worker.heard if isinstance(one, OpenLeg | SetGrants)]
    return [one.grants.publish for one in told if (one.room, one.participant) == (room, who.person)][-1]


async def test_two_devices_that_go_on_with_the_same_call(world: World) -> None:
    store, desk, phone, laptop = [await world.tab(login) for login in ("store-0117", "chen", "chen", "chen")]
    room = await answered(store, desk)
    for number in range(ROUNDS):
        wishes = [(one, JoinRoom(cid=new_cid(), room=room, consent=True)) for one in (phone, laptop)]
        assert await both(number, wishes[0], wishes[1]) == [None, None]
        await agree(world, room, store, desk, phone, laptop)
        has = next(one for one in (phone, laptop) if session(one) == seat(store, desk, room))
        for one in (desk, phone, laptop):
            heard = await one.do(HoldCall(cid=new_cid(), room=room, on=False))
            assert (heard.code if isinstance(heard, Error) else None) == (None if one is has else ErrorCode.STALE)
            assert ((await offer(one, room, pc_gen=number + 1)).status == 201) is (one is has)
        [leg] = [one for one in world.worker.legs.values() if one.participant == desk.person]
        assert leg.session == session(has)
        assert isinstance(await desk.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
