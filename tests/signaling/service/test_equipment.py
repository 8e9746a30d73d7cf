"""A store calls about a machine: the expert who rings is told of it, and sees what was done to it before."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from contract.client import AcceptCall, DeclineCall, LeaveRoom, StartCall
from contract.errors import ErrorCode
from contract.http import ArchivePage
from contract.ids import EquipmentId, RoomId
from contract.people import Skill
from contract.rooms import Reason
from contract.server import Done, Error
from signaling.domain.sticker import Equipped
from signaling.store import equipment
from signaling.store.seed import RoomSeed
from tests.signaling.service.world import World
from tests.support import chain
from tests.support.clients import Tab, new_cid
from tests.support.nodes import FakeRecorder, FakeWorker, connected
from tests.support.server import Client, SignalingServer
from tests.support.until import PATIENCE_S

pytestmark = pytest.mark.flow

OTHER = RoomId("01900000-0000-7000-8000-0000000000f1")
FRYER = chain.FRYER.machine


def about_nothing() -> RoomSeed:
    """Another call of the same store, about no machine."""
    seed = chain.finished_call()
    return RoomSeed(state=seed.state.model_copy(update={"id": OTHER, "recording": None, "stills": []}))


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[World]:
    rooms = [chain.finished_call(about=chain.FRYER), about_nothing()]
    async with (
        SignalingServer(tmp_path, rooms=rooms) as server,
        connected(tmp_path, FakeWorker(), FakeRecorder()),
        AsyncExitStack() as stack,
    ):
        yield World(server, FakeWorker(), FakeRecorder(), stack)


def wish(machine: EquipmentId = FRYER.id) -> StartCall:
    return StartCall(cid=new_cid(), reason=Reason.DISHES, equipment=machine)


async def seen_of(client: Client, query: str = f"?equipment={FRYER.id}") -> list[RoomId]:
    return [entry.room for entry in (await client.get(f"/api/archive{query}")).read(ArchivePage).entries]


async def ends(store: Tab, expert: Tab, room: RoomId) -> None:
    await store.do(LeaveRoom(cid=new_cid(), room=room))
    await expert.until(lambda: room in expert.gone or expert.rooms[room].closed_at is not None, "it is over")


async def test_who_helps_with_a_machine_sees_it_and_its_last_calls_for_as_long(kitchen: World) -> None:
    store, zhang = await kitchen.tab("store-0117"), await kitchen.tab("zhang")
    assert Skill.EQUIPMENT in chain.PEOPLE["zhang"].skills
    replay = f"/api/archive/{chain.ROOM}"
    assert await seen_of(zhang.browser) == []
    assert (await zhang.browser.get(replay)).status == 404
    done = await store.do(wish())
    assert isinstance(done, Done)
    room = done.room
    assert room is not None
    await zhang.until(lambda: room in zhang.rooms, "it rings")
    call = zhang.rooms[room].call
    assert call is not None
    assert (call.equipment, call.reason) == (FRYER, Reason.EQUIPMENT)
    assert await seen_of(zhang.browser) == [chain.ROOM]
    assert isinstance(await zhang.do(AcceptCall(cid=new_cid(), room=room)), Done)
    assert (await zhang.browser.get(replay)).status == 200
    assert (await zhang.browser.get(f"{replay}/files/{chain.FILE}")).status == 200
    assert await seen_of(zhang.browser, "") == [chain.ROOM], "and nothing else of this store"
    await ends(store, zhang, room)
    assert await seen_of(zhang.browser) == [room], "their own call stays"
    assert (await zhang.browser.get(replay)).status == 404


@pytest.mark.parametrize("declines", [True, False], ids=["who declined", "who was too late"])
async def test_who_does_not_help_any_more_sees_no_more_though_the_call_goes_on(
    kitchen: World, *, declines: bool
) -> None:
    store, chen, zhang = [await kitchen.tab(login) for login in ("store-0117", "chen", "zhang")]
    done = await store.do(wish())
    assert isinstance(done, Done)
    room = done.room
    assert room is not None
    await chen.until(lambda: room in chen.rooms, "it rings")
    await zhang.until(lambda: room in zhang.rooms, "it rings")
    assert await seen_of(zhang.browser) == [chain.ROOM]
    if declines:
        assert isinstance(await zhang.do(DeclineCall(cid=new_cid(), room=room)), Done)
    else:
        assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=room)), Done)
    await zhang.until(lambda: room in zhang.gone, "it is others' call")
    assert await seen_of(zhang.browser) == []
    assert (await zhang.browser.get(f"/api/archive/{chain.ROOM}")).status == 404


async def test_the_archive_shows_what_was_about_one_machine_to_who_may_see_it_anyway(kitchen: World) -> None:
    for login, found in (("tang", [chain.ROOM]), ("store-0117", [chain.ROOM]), ("store-0201", []), ("liu", [])):
        client = await kitchen.server.sign_in(login)
        assert await seen_of(client) == found, login
    everything = await seen_of(await kitchen.server.sign_in("admin"), "")
    assert set(everything) == {chain.ROOM, OTHER}


async def test_while_a_machine_is_looked_up_others_call(kitchen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    store, other, *_ = [await kitchen.tab(login) for login in ("store-0117", "store-0201", "chen", "zhang")]
    asked, answer = threading.Event(), threading.Event()
    real = equipment.equipped

    async def slowly(session: AsyncSession, *, equipment: EquipmentId) -> Equipped | None:
        asked.set()
        answer.wait()  # in a thread of `fetch`
        return await real(session, equipment=equipment)

    monkeypatch.setattr(equipment, "equipped", slowly)
    first = wish()
    try:
        await store.say(first)
        assert await asyncio.to_thread(asked.wait, PATIENCE_S)
        done = await other.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
        assert isinstance(done, Done)
    finally:
        answer.set()
    assert isinstance(await store.answer(first.cid), Done)


@pytest.mark.parametrize("machine", [chain.RETIRED.machine.id, chain.FOREIGN.machine.id, EquipmentId("e-none")])
async def test_nobody_is_called_about_a_machine_that_is_not_in_use_here(kitchen: World, machine: EquipmentId) -> None:
    store = await kitchen.tab("store-0117")
    refused = await store.do(wish(machine))
    assert isinstance(refused, Error)
    assert refused.code is ErrorCode.NOT_FOUND


async def test_a_call_keeps_what_was_known_of_its_machine(kitchen: World) -> None:
    store, admin = await kitchen.tab("store-0117"), await kitchen.server.sign_in("admin")
    zhang = await kitchen.tab("zhang")
    done = await store.do(wish())
    assert isinstance(done, Done)
    room = done.room
    assert room is not None
    changed = FRYER.model_dump(mode="json", exclude={"id", "code"}) | {
        "model": "OFE-323",
        "store": "s-0117",
        "reason": "equipment",
    }
    assert (await admin.put(f"/api/equipment/{FRYER.id}", json=changed)).status == 204
    await zhang.until(lambda: room in zhang.rooms, "it rings")
    call = zhang.rooms[room].call
    assert call is not None
    assert call.equipment == FRYER
