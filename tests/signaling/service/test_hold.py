"""A call on hold, through the public doors: who hears of it, what the worker is told, and how it ends."""

import pytest

from contract.audit import AuditPage
from contract.callbacks import CallbackState
from contract.client import AskStill, HoldCall, JoinRoom, LeaveRoom
from contract.errors import ErrorCode
from contract.ids import PersonId, RoomId
from contract.nodes import OpenLeg, SetGrants
from contract.rooms import EndReason
from contract.server import Done, Error
from signaling.domain import seats
from signaling.domain.draft import NO_GRANTS
from tests.signaling.service.test_outgoing import spare
from tests.signaling.service.test_stills import JPEG, jpeg
from tests.signaling.service.world import World, answered, offer
from tests.support.clients import Tab, new_cid
from tests.support.nodes import until

pytestmark = pytest.mark.flow


async def hold(by: Tab, room: RoomId, *, on: bool = True) -> None:
    done = await by.do(HoldCall(cid=new_cid(), room=room, on=on))
    assert isinstance(done, Done), done


def on_hold(who: Tab, room: RoomId) -> bool:
    call = who.rooms[room].call
    return call is not None and call.hold is not None


def flows(world: World, person: PersonId) -> bool | None:
    """Whether the worker was told last that anything of `person` passes."""
    last = [one for one in world.worker.of(SetGrants) if one.participant == person]
    return last[-1].grants.publish if last else None


async def test_both_sides_hear_of_it_and_the_worker_lets_nothing_pass(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    assert (await offer(store, room)).status == 201
    await hold(chen, room)
    for who in (store, chen):
        await who.until(lambda who=who: on_hold(who, room), "on hold")  # type: ignore[misc]
    await until(lambda: flows(world, store.person) is False, "nothing of the store passes")
    refused = await chen.do(AskStill(cid=new_cid(), room=room, of=store.person))
    assert isinstance(refused, Error)
    assert refused.code is ErrorCode.CONFLICT
    assert (await store.browser.post(f"/api/rooms/{room}/stills", data=jpeg(8, 6), headers=JPEG)).status == 409
    assert (await offer(store, room, pc_gen=2)).status == 201
    before, after = [one.grants for one in world.worker.of(OpenLeg) if one.participant == store.person]
    assert before.publish
    assert after == NO_GRANTS, "nor does a new connection"
    await hold(chen, room, on=False)
    for who in (store, chen):
        await who.until(lambda who=who: not on_hold(who, room), "it goes on")  # type: ignore[misc]
    await until(lambda: flows(world, store.person), "it flows again")
    admin = await world.server.sign_in("admin")
    told = {}
    for action in ("call_held", "call_resumed"):
        lines = (await admin.get(f"/api/audit?action={action}")).read(AuditPage).lines
        told[action] = [(line.person, line.object) for line in lines]
    assert told == {"call_held": [(chen.person, room)], "call_resumed": [(chen.person, room)]}


async def test_another_tab_takes_the_seat_and_the_store_still_waits(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    await hold(chen, room)
    other = await world.tab("chen", chen.browser)
    await other.until(lambda: room in other.rooms, "the room")
    assert isinstance(await other.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    stale = await chen.do(HoldCall(cid=new_cid(), room=room, on=False))
    assert isinstance(stale, Error)
    assert stale.code is ErrorCode.STALE
    assert on_hold(other, room)
    await hold(other, room, on=False)
    await store.until(lambda: not on_hold(store, room), "it goes on")


async def test_a_store_that_hangs_up_on_hold_is_called_back(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    await hold(chen, room)
    assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    for who in (store, chen):
        await who.until(lambda who=who: room in who.callbacks, "a callback is owed")  # type: ignore[misc]
    assert chen.rooms[room].end is EndReason.HUNG_UP
    back = await answered(store, chen)
    await chen.until(lambda: chen.callbacks[room].done_at is not None, "it was called back")
    assert isinstance(await chen.do(LeaveRoom(cid=new_cid(), room=back)), Done)


async def test_who_vanishes_while_the_store_waits_owes_it_a_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    await hold(chen, room)
    monkeypatch.setattr(seats, "QUIET_S", 0.05)
    monkeypatch.setattr(seats, "LEFT_S", 0.1)
    assert chen.socket is not None
    await chen.socket.close()
    await store.until(lambda: store.rooms[room].closed_at, "it does not wait for ever")
    assert store.rooms[room].end is EndReason.FAILED
    await store.until(lambda: room in store.callbacks, "it is called back")


async def test_who_hangs_up_while_the_store_waits_owes_it_a_call(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    await hold(chen, room)
    assert isinstance(await chen.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    for who in (store, chen):
        await who.until(lambda who=who: room in who.callbacks, "a callback is owed")  # type: ignore[misc]
    assert store.rooms[room].end is EndReason.HUNG_UP


async def test_who_leaves_the_company_while_the_store_waits_leaves_it_a_callback(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    await hold(chen, room)
    admin = await world.server.sign_in("admin")
    assert (await admin.put("/api/people/p-chen/disabled", json={"disabled": True})).status == 204
    await store.until(lambda: room in store.callbacks, "a callback is owed")


async def test_a_store_that_is_helped_at_another_tablet_while_one_waits_is_owed_nothing_after_it(world: World) -> None:
    store, other, chen = await world.tab("store-0117"), await spare(world), await world.tab("chen")
    room = await answered(store, chen)
    await hold(chen, room)
    zhang = await world.tab("zhang")
    helped = await answered(other, zhang)
    assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    await zhang.until(lambda: room in zhang.callbacks, "nobody came back to it")
    assert isinstance(await other.do(LeaveRoom(cid=new_cid(), room=helped)), Done)
    await zhang.until(lambda: zhang.callbacks[room].state is CallbackState.DONE, "it was helped meanwhile")
    by = zhang.callbacks[room].done_by
    assert by is not None
    assert by.id == zhang.person
