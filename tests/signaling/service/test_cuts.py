"""The line dies in silence in the middle of something: said again it is done once, and nobody is told of an error."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import ClientError

from contract.audit import Action, AuditPage
from contract.callbacks import Callback, CallbackState
from contract.client import AcceptCall, CancelCall, DeclineCall, HandOver, HoldCall, JoinRoom, LeaveRoom
from contract.errors import ErrorCode
from contract.ids import RoomId, SessionId
from contract.nodes import LegState
from contract.rooms import CallStage, EndReason, Hold, MemberState
from contract.server import Done, Error, OwnClients, SeatOffered
from runtime.supervise import TaskScope
from signaling.domain import seats
from tests.signaling.service.test_bookings import booked, slots
from tests.signaling.service.test_colleagues import missed, wish
from tests.signaling.service.world import World, answered, offer
from tests.support.clients import Tab, new_cid
from tests.support.nodes import until
from tests.support.server import Answer
from tests.support.way import Way

pytestmark = pytest.mark.flow


async def far(world: World, login: str) -> tuple[Tab, Way]:
    """Somebody behind a line of their own, who comes back by themselves."""
    client = await world.server.sign_in(login)
    way = await world.stack.enter_async_context(Way(client.url))
    client.url = way.url
    scope = await world.stack.enter_async_context(TaskScope(login))
    made = Tab(client)
    scope.spawn(made.stay(), name="stay")
    await made.until(lambda: made.welcome, "welcome")
    return made, way


async def back(who: Tab, way: Way) -> None:
    """The line is there again, and the same session goes on by it."""
    before = who.welcome
    who.rooms.clear()
    way.mend()
    resumed = await who.until(lambda: who.welcome if who.welcome is not before else None, "back")
    assert resumed.resumed


async def twice(who: Tab, way: Way, command: object, arrived: Callable[[], object], what: str) -> Done | Error:
    """`command` arrives and its answer does not; the client comes back and says it again. What it hears then."""
    way.deafen()
    await who.say(command)
    await until(arrived, what)
    await back(who, way)
    return await who.do(command)


async def audited(world: World, action: Action) -> int:
    admin = await world.server.sign_in("admin")
    return len((await admin.get(f"/api/audit?action={action}")).read(AuditPage).lines)


# --- callbacks --------------------------------------------------------------------------------------------------------


BY_STORE = {Action.CALLBACK_BOOKED, Action.CALLBACK_CANCELLED}


def waits(who: Tab) -> list[Callback]:
    """What is not done, as their screen shows it."""
    return [item for item in who.callbacks.values() if item.state is not CallbackState.DONE]


async def unheard(asked: Awaitable[Answer]) -> None:
    with pytest.raises(ClientError):
        await asked


@pytest.mark.parametrize(
    ("act", "action", "shown"),
    [
        ("book", Action.CALLBACK_BOOKED, lambda items: items),
        ("soon", Action.CALLBACK_BOOKED, lambda items: items),
        ("change", Action.CALLBACK_BOOKED, lambda items: items[0].note == "change"),
        ("cancel", Action.CALLBACK_CANCELLED, lambda items: not items),
        ("take", Action.CALLBACK_TAKEN, lambda items: items[0].owner is not None),
        ("reopen", Action.CALLBACK_REOPENED, lambda items: items[0].owner is None),
        ("done", Action.CALLBACK_DONE, lambda items: not items),
    ],
)
async def test_what_was_said_of_a_callback_is_done_once_although_no_answer_came(
    world: World, act: str, action: Action, shown: Callable[[list[Callback]], object]
) -> None:
    (store, stores), (chen, chens) = await far(world, "store-0117"), await far(world, "chen")
    who, way, other = (store, stores, chen) if action in BY_STORE else (chen, chens, store)
    early, late = (await slots(store.browser))[:2]
    path, body = "/api/callbacks", {"reason": "equipment", "at": {"book": early, "change": late}.get(act), "note": act}
    if act not in ("book", "soon"):
        room = (await booked(store.browser, early)).room
        await until(lambda: waits(store) and waits(chen), "it is booked")
        path = path if act == "change" else f"{path}/{room}/{act}"
    if act in ("reopen", "done"):
        assert (await chen.browser.post(f"/api/callbacks/{room}/take")).status == 200
        await until(lambda: waits(store)[0].owner and waits(chen)[0].owner, "it is taken")
    before = await audited(world, action)

    way.deafen()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(unheard(who.browser.post(path, json=body)))
        await until(lambda: shown(waits(other)), "it is done")
        await back(who, way)
    again = await who.browser.post(path, json=body)
    assert again.status == 200, again.body
    await until(lambda: shown(waits(who)) and waits(who) == waits(other), "both see the same")
    assert len(waits(who)) == (0 if act in ("cancel", "done") else 1)
    assert await audited(world, action) == before + 1


# --- a colleague's call -----------------------------------------------------------------------------------------------


def stage(who: Tab, room: RoomId) -> CallStage | None:
    state = who.rooms.get(room)
    return state.call.stage if state is not None and state.call is not None else None


def state_of(who: Tab, of: Tab, room: RoomId) -> MemberState:
    """How `who` sees that the other one is."""
    return next(member.state for member in who.rooms[room].members if member.person.id == of.person)


async def goes(world: World, who: Tab, way: Way) -> None:
    """Neither signaling nor media of theirs comes any more."""
    way.cut()
    leg(world, who, LegState.SILENT)


async def returns(world: World, who: Tab, way: Way) -> None:
    await back(who, way)
    leg(world, who, LegState.CONNECTED)


def leg(world: World, who: Tab, state: LegState) -> None:
    [one] = [leg for leg in world.worker.legs.values() if leg.participant == who.person]
    world.worker.report(one.model_copy(update={"state": state}))


async def test_a_colleagues_call_rings_once_and_goes_on_over_every_cut(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (chen, chens), (wu, wus) = await far(world, "chen"), await far(world, "wu")
    begun = await twice(chen, chens, wish(wu.person), lambda: wu.rooms, "it rings")
    assert isinstance(begun, Done)
    room = begun.room
    assert room is not None
    assert list(wu.rooms) == [room]
    wus.cut()
    await back(wu, wus)
    await wu.until(lambda: stage(wu, room) is CallStage.RINGING, "it rings on")
    accept = AcceptCall(cid=new_cid(), room=room)
    taken = await twice(wu, wus, accept, lambda: stage(chen, room) is CallStage.ANSWERED, "it is answered")
    assert isinstance(taken, Done)
    for one in (chen, wu):
        assert (await offer(one, room)).status == 201

    monkeypatch.setattr(seats, "QUIET_S", 0.3)
    await goes(world, wu, wus)
    await chen.until(lambda: state_of(chen, wu, room) is MemberState.AWAY, "away")
    await returns(world, wu, wus)
    await chen.until(lambda: state_of(chen, wu, room) is MemberState.JOINED, "there again")
    over = await twice(wu, wus, LeaveRoom(cid=new_cid(), room=room), lambda: chen.rooms[room].closed_at, "it is over")
    assert isinstance(over, Done)
    assert chen.rooms[room].end is EndReason.HUNG_UP
    assert await missed(wu) == await missed(chen) == []


async def test_a_call_missed_behind_a_cut_line_is_called_back_over_one_that_is_cut_again(world: World) -> None:
    chen, (wu, wus) = await world.tab("chen"), await far(world, "wu")
    called = await chen.do(wish(wu.person))
    assert isinstance(called, Done)
    assert called.room is not None
    await wu.until(lambda: wu.rooms, "it rings")
    wus.cut()
    assert isinstance(await chen.do(CancelCall(cid=new_cid(), room=called.room)), Done)
    await back(wu, wus)
    assert await missed(wu) == [chen.person]
    assert wu.rooms == {}, "nothing rings"

    def rings() -> RoomId | None:
        return next((room for room in chen.rooms if stage(chen, room) is CallStage.RINGING), None)

    begun = await twice(wu, wus, wish(chen.person), rings, "it rings")
    assert isinstance(begun, Done)
    assert begun.room == rings()
    assert begun.room is not None
    assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=begun.room)), Done)
    await chen.do(LeaveRoom(cid=new_cid(), room=begun.room))
    assert await missed(wu) == await missed(chen) == []


async def test_a_call_that_is_said_again_answers_no_other_one(world: World) -> None:
    chen, (wu, wus) = await world.tab("chen"), await far(world, "wu")
    call = wish(chen.person)
    wus.deafen()
    await wu.say(call)
    await chen.until(lambda: chen.rooms, "it rings")
    [first] = chen.rooms
    assert isinstance(await chen.do(DeclineCall(cid=new_cid(), room=first)), Done)
    theirs = await chen.do(wish(wu.person))
    assert isinstance(theirs, Done)
    assert theirs.room is not None
    await back(wu, wus)
    assert await wu.do(call) == Done(cid=call.cid, room=first), "as it would have been answered"
    assert stage(chen, theirs.room) is CallStage.RINGING


# --- on hold ----------------------------------------------------------------------------------------------------------


def holds(who: Tab, room: RoomId) -> list[Hold]:
    call = who.rooms[room].call if room in who.rooms else None
    return list(call.holds) if call is not None else []


@pytest.mark.parametrize("cut", ["chen", "store"])
async def test_a_call_stays_on_hold_while_a_side_is_cut_off_and_goes_on_when_it_is_told_to(
    world: World, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    (store, stores), (chen, chens) = await far(world, "store-0117"), await far(world, "chen")
    gone, way, other = (chen, chens, store) if cut == "chen" else (store, stores, chen)
    room = await answered(store, chen)
    for one in (store, chen):
        assert (await offer(one, room)).status == 201
    held = HoldCall(cid=new_cid(), room=room, on=True)
    assert isinstance(await twice(chen, chens, held, lambda: holds(store, room), "on hold"), Done)
    [hold] = holds(store, room)

    monkeypatch.setattr(seats, "QUIET_S", 0.3)
    await goes(world, gone, way)
    await other.until(lambda: state_of(other, gone, room) is MemberState.AWAY, "away")
    assert holds(other, room) == [hold]
    await returns(world, gone, way)
    await other.until(lambda: state_of(other, gone, room) is MemberState.JOINED, "there again")
    await gone.until(lambda: holds(gone, room), "the room")
    assert holds(gone, room) == [hold], "the same clock"

    resumed = HoldCall(cid=new_cid(), room=room, on=False)
    done = await twice(chen, chens, resumed, lambda: holds(store, room)[-1].until, "it goes on")
    assert isinstance(done, Done)
    await chen.until(lambda: holds(chen, room), "the room")
    [over] = holds(chen, room)
    assert over == hold.model_copy(update={"until": over.until, "ended_by": chen.person})
    assert store.rooms[room].closed_at is None


@pytest.mark.parametrize("cut", ["chen", "store"])
async def test_on_hold_whoever_is_cut_off_for_good_leaves_one_callback(
    world: World, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    (store, stores), (chen, chens) = await far(world, "store-0117"), await far(world, "chen")
    gone, way, other = (chen, chens, store) if cut == "chen" else (store, stores, chen)
    room = await answered(store, chen)
    for one in (store, chen):
        assert (await offer(one, room)).status == 201
    assert isinstance(await chen.do(HoldCall(cid=new_cid(), room=room, on=True)), Done)
    monkeypatch.setattr(seats, "QUIET_S", 0.1)
    monkeypatch.setattr(seats, "CUT_S", 0.3)
    await goes(world, gone, way)
    await other.until(lambda: other.rooms[room].end is EndReason.FAILED, "it is over")
    await back(gone, way)
    await until(lambda: waits(store) and waits(store) == waits(chen), "both see that it is owed")
    assert [(item.room, item.calls) for item in waits(store)] == [(room, 1)]


# --- go on here -------------------------------------------------------------------------------------------------------


def seat(who: Tab, of: Tab, room: RoomId) -> SessionId | None:
    """Which client has the seat, as `who` knows it."""
    return next(member.session for member in who.rooms[room].members if member.person.id == of.person)


def session(of: Tab) -> SessionId:
    assert of.welcome is not None
    return of.welcome.session


@pytest.mark.parametrize("arrives", [True, False])
async def test_go_on_here_is_said_again_once_the_line_is_back(world: World, *, arrives: bool) -> None:
    store, desk = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, desk)
    phone, way = await far(world, "chen")
    await phone.until(lambda: room in phone.rooms, "the call, elsewhere")
    here = JoinRoom(cid=new_cid(), room=room, consent=True)
    if arrives:
        done = await twice(phone, way, here, lambda: seat(store, desk, room) == session(phone), "the phone has it")
        late = await desk.do(HoldCall(cid=new_cid(), room=room, on=True))
        assert isinstance(late, Error)
        assert late.code is ErrorCode.STALE
    else:
        way.cut()
        await phone.say(here)
        assert isinstance(await desk.do(HoldCall(cid=new_cid(), room=room, on=True)), Done), "it goes on at the desk"
        await back(phone, way)
        done = await phone.do(here)
    assert isinstance(done, Done)
    for one in (store, desk, phone):
        await one.until(lambda one=one: room in one.rooms and seat(one, desk, room) == session(phone), "one seat")  # type: ignore[misc]
    assert (await offer(phone, room)).status == 201
    assert store.rooms[room].closed_at is None


async def test_who_hands_over_hears_no_error_for_being_obeyed_before_the_answer_came(world: World) -> None:
    store, (desk, way) = await world.tab("store-0117"), await far(world, "chen")
    room = await answered(store, desk)
    phone = await world.tab("chen")
    there = HandOver(cid=new_cid(), room=room, to=session(phone))

    def offers() -> int:
        return phone.heard.count(SeatOffered(room=room))

    way.deafen()
    await desk.say(there)
    await phone.until(offers, "it is asked")
    assert isinstance(await phone.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    await back(desk, way)
    assert isinstance(await desk.do(there), Done)
    assert offers() == 1
    assert await audited(world, Action.SEAT_OFFERED) == 1


async def test_who_was_asked_to_go_on_and_never_heard_it_is_asked_again(world: World) -> None:
    store, (desk, way) = await world.tab("store-0117"), await far(world, "chen")
    room = await answered(store, desk)
    phone = await world.tab("chen")
    there = HandOver(cid=new_cid(), room=room, to=session(phone))

    def offers() -> int:
        return phone.heard.count(SeatOffered(room=room))

    assert isinstance(await twice(desk, way, there, offers, "it is asked"), Done)
    await phone.until(lambda: offers() == 2, "and asked again")
    assert await audited(world, Action.SEAT_OFFERED) == 1
    desk.heard.clear()  # no answer of before is taken for the next one
    elsewhere = await desk.do(there.model_copy(update={"room": RoomId("another")}))
    assert isinstance(elsewhere, Error)
    assert elsewhere.code is ErrorCode.CONFLICT
    assert phone.socket is not None
    await phone.socket.close()
    await desk.until(lambda: OwnClients(clients=[]) in desk.heard, "the phone is gone")
    desk.heard.clear()
    nobody = await desk.do(there)
    assert isinstance(nobody, Error)
    assert nobody.code is ErrorCode.NOT_FOUND, "nobody thinks that it rings there"
