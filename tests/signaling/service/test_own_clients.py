"""Somebody's own clients know of each other, and a call moves from one to another."""

import pytest

from contract.audit import AuditPage
from contract.client import HandOver, JoinRoom
from contract.errors import ErrorCode
from contract.ids import RoomId, SessionId
from contract.own_clients import OwnClient
from contract.rooms import RoomState
from contract.server import Done, Error, OwnClients, SeatOffered
from signaling.live.own_clients import MOST
from tests.signaling.service.world import World, answered, training
from tests.support.clients import Tab, new_cid

pytestmark = pytest.mark.flow


def places(who: Tab) -> list[OwnClient]:
    """What it was told last."""
    told = [message for message in who.heard if isinstance(message, OwnClients)]
    return told[-1].clients if told else []


def session(who: Tab) -> SessionId:
    assert who.welcome is not None
    return who.welcome.session


def offered(who: Tab) -> list[RoomId]:
    return [message.room for message in who.heard if isinstance(message, SeatOffered)]


def seat(state: RoomState, who: Tab) -> SessionId | None:
    return next(member.session for member in state.members if member.person.id == who.person)


async def test_each_hears_of_the_others_and_of_nobody_elses(world: World) -> None:
    desk, liu = await world.tab("chen"), await world.tab("liu")
    phone = await world.tab("chen")
    await desk.until(lambda: [one.session for one in places(desk)] == [session(phone)], "the phone is there")
    await phone.until(lambda: [one.session for one in places(phone)] == [session(desk)], "and so is the desk")
    assert places(liu) == []
    assert phone.socket is not None
    await phone.socket.close()
    await desk.until(lambda: not places(desk), "the phone is gone")


async def test_with_too_many_each_is_told_of_none_and_with_fewer_again_of_all(world: World) -> None:
    many = [await world.tab("chen") for _ in range(MOST)]
    await many[0].until(lambda: len(places(many[0])) == MOST - 1, "all of them")
    one_more = await world.tab("chen")
    for who in many:
        await who.until(lambda who=who: not places(who), "none of so many")  # type: ignore[misc]
    assert places(one_more) == []
    assert one_more.socket is not None
    await one_more.socket.close()
    for who in many:
        await who.until(lambda who=who: len(places(who)) == MOST - 1, "all of them again")  # type: ignore[misc]


async def test_tabs_of_one_browser_are_one_place(world: World) -> None:
    desk = await world.tab("chen")
    tab = Tab(desk.browser, device=desk.device)
    await tab.open()
    assert tab.socket is not None
    phone = await world.tab("chen")
    await phone.until(lambda: places(phone), "somebody else is there")
    await desk.until(lambda: [one.session for one in places(desk)] == [session(phone)], "only the phone")
    await tab.socket.close()


async def test_a_call_goes_on_at_the_other_client_once_that_one_takes_it(world: World) -> None:
    store, desk = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, desk)
    phone = await world.tab("chen")
    await phone.until(lambda: room in phone.rooms, "the call, elsewhere")
    assert isinstance(await desk.do(HandOver(cid=new_cid(), room=room, to=session(phone))), Done)
    await phone.until(lambda: offered(phone) == [room], "it is asked")
    assert seat(desk.rooms[room], desk) == session(desk), "nothing has changed yet"
    assert offered(store) == []
    assert isinstance(await phone.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    await store.until(lambda: seat(store.rooms[room], desk) == session(phone), "the phone has the seat")
    assert store.rooms[room].closed_at is None
    assert all(member.left_at is None for member in store.rooms[room].members if member.person.id == desk.person)
    lines = (await (await world.server.sign_in("admin")).get("/api/audit?action=seat_offered")).read(AuditPage).lines
    assert [(line.person, line.object, line.detail) for line in lines] == [(desk.person, room, session(phone))]


async def test_nobody_hands_over_what_is_not_theirs_or_to_somebody_else(world: World) -> None:
    store, desk, liu = [await world.tab(login) for login in ("store-0117", "chen", "liu")]
    room = await answered(store, desk)
    phone = await world.tab("chen")
    await phone.until(lambda: room in phone.rooms, "the call, elsewhere")
    tries = [
        (desk, session(liu), ErrorCode.NOT_FOUND),
        (desk, session(store), ErrorCode.NOT_FOUND),
        (desk, session(desk), ErrorCode.NOT_FOUND),
        (desk, SessionId("nobody"), ErrorCode.NOT_FOUND),
        (phone, session(desk), ErrorCode.STALE),
        (liu, session(phone), ErrorCode.NOT_FOUND),
    ]
    for who, to, code in tries:
        refused = await who.do(HandOver(cid=new_cid(), room=room, to=to))
        assert isinstance(refused, Error)
        assert refused.code is code
    assert not any(offered(who) for who in (store, desk, liu, phone))


async def test_a_trainer_moves_a_class_too(world: World) -> None:
    trainer, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(trainer, store)
    laptop = await world.tab("he")
    await trainer.until(lambda: places(trainer), "the laptop is there")
    assert isinstance(await trainer.do(HandOver(cid=new_cid(), room=room, to=session(laptop))), Done)
    await laptop.until(lambda: offered(laptop) == [room], "it is asked")
    assert isinstance(await laptop.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    await store.until(lambda: seat(store.rooms[room], trainer) == session(laptop), "the laptop has the seat")
    [host] = [member.person.id for member in store.rooms[room].members if member.host]
    assert host == trainer.person
