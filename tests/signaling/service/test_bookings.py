"""A store books a call, through the public doors: the last place goes to one, and nothing is forgotten by a kill."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import AuditPage
from contract.callbacks import BookCallback, Callback, CallbackSlots, CallbackState, Urgency
from contract.client import AskCallback, CallStore, StartCall
from contract.errors import ErrorCode, Rejection
from contract.ids import RoomId
from contract.people import Role, Store
from contract.rooms import Reason
from contract.server import Done
from runtime import clock
from runtime.supervise import TaskScope
from signaling.domain.bookings import Diary
from signaling.domain.callbacks import REMIND_MS
from signaling.live import callbacks as live
from signaling.store import bookings
from signaling.store import callbacks as rows
from signaling.store.organisation import By
from signaling.store.tables.organisation import StoreRow
from signaling.store.tables.people import GrantRow, PersonRow
from tests.signaling.service.world import World, answered, ring
from tests.support.clients import Tab, new_cid, tab
from tests.support.server import Answer, Client, SignalingServer
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow


async def slots(store: Client, reason: str = "equipment") -> list[int]:
    answer = await store.get(f"/api/callback-slots?reason={reason}")
    assert answer.status == 200
    return answer.read(CallbackSlots).slots


async def book(store: Client, at: object, reason: str = "equipment", **more: object) -> Answer:
    return await store.post("/api/callbacks", json={"reason": reason, "at": at, **more})


async def booked(store: Client, at: int | None, reason: str = "equipment", note: str = "") -> Callback:
    answer = await book(store, at, reason, note=note)
    assert answer.status == 200, answer.body
    return answer.read(Callback)


async def sees(who: Tab, room: RoomId, what: Callable[[Callback], bool], words: str) -> Callback:
    await who.until(lambda: room in who.callbacks and what(who.callbacks[room]), words)
    return who.callbacks[room]


async def moved(server: SignalingServer, room: RoomId, at: int) -> None:
    """As if its store had booked it long ago."""

    async def work(session: AsyncSession) -> None:
        item = await rows.find(session, room)
        assert item is not None
        await rows.save(session, item.model_copy(update={"at": at, "due_at": at + 900_000}))

    await server.house.database.write(work)
    server.house.callbacks.wake()


async def test_a_call_is_booked_changed_taken_and_made(world: World) -> None:
    store, other, chen, wu = [await world.tab(login) for login in ("store-0117", "store-0201", "chen", "wu")]
    first, second = (await slots(store.browser))[:2]
    item = await booked(store.browser, first, note="蒸箱 E3")
    assert (item.calls, item.at, item.note, item.state) == (0, first, "蒸箱 E3", CallbackState.OPEN)
    for who in (store, chen, wu):
        assert (await sees(who, item.room, lambda one: one.at == first, "it is told")).due_at == first + 900_000
    assert (await chen.browser.post(f"/api/callbacks/{item.room}/take")).status == 200
    await sees(store, item.room, lambda one: one.owner is not None and one.owner.id == chen.person, "who calls")
    again = await booked(store.browser, second)
    assert (again.room, again.at, again.owner) == (item.room, second, None), "another time is asked of all anew"
    assert (await chen.browser.post(f"/api/callbacks/{item.room}/take")).status == 200
    done = await chen.do(CallStore(cid=new_cid(), store=item.store.id, reason=Reason.EQUIPMENT))
    assert isinstance(done, Done)
    assert other.callbacks == {}
    assert (await chen.browser.post(f"/api/callbacks/{item.room}/done")).status == 200
    await sees(store, item.room, lambda one: one.state is CallbackState.DONE, "it is made")
    audit = (await (await world.server.sign_in("admin")).get("/api/audit?action=callback_booked")).body.decode()
    assert str(first) in audit
    assert str(second) in audit
    assert "E3" not in audit, "what somebody writes is not for the audit"


async def test_of_two_for_the_last_place_one_has_it(world: World) -> None:
    """Liu alone knows dishes."""
    near, far = [await world.server.sign_in(login) for login in ("store-0117", "store-0201")]
    at = (await slots(near, "dishes"))[0]
    answers = await asyncio.gather(*(book(store, at, "dishes") for store in (near, far)))
    assert sorted(answer.status for answer in answers) == [200, 409]
    loser = near if answers[1].status == 200 else far
    winner = far if loser is near else near
    left = await slots(loser, "dishes")
    assert left
    assert at not in left, "a full time is not offered"
    assert at in await slots(winner, "dishes"), "but to whom it belongs"
    assert at in await slots(loser, "equipment")
    assert (await book(loser, left[0], "dishes")).status == 200
    assert (await book(winner, left[0], "dishes")).code is ErrorCode.CONFLICT
    item = answers[0 if winner is near else 1].read(Callback)
    assert (await winner.post(f"/api/callbacks/{item.room}/cancel")).status == 200
    assert (await winner.post(f"/api/callbacks/{item.room}/cancel")).status == 200
    assert at in await slots(loser, "dishes"), "what was cancelled is free"


async def test_a_wish_that_is_said_again_late_undoes_nothing(world: World) -> None:
    tablet, _ = await world.tab("store-0117"), await world.tab("chen")
    store = tablet.browser
    early, late = (await slots(store))[:2]
    first, second = new_cid(), new_cid()
    made = (await book(store, early, cid=first)).read(Callback)
    moved_to = (await book(store, late, cid=second)).read(Callback)
    assert (moved_to.room, moved_to.at) == (made.room, late)
    assert (await book(store, early, cid=first)).read(Callback) == moved_to, "the time that was said later stays"
    assert (await store.post(f"/api/callbacks/{made.room}/cancel")).status == 200
    for at, cid in ((early, first), (late, second)):
        again = (await book(store, at, cid=cid)).read(Callback)
        assert again.state is CallbackState.DONE, "nobody is called back for it"
    call = StartCall(cid=new_cid(), reason=Reason.EQUIPMENT)
    assert isinstance(await tablet.do(call), Done)
    assert (await book(store, None, cid=call.cid)).code is ErrorCode.CONFLICT, "that was another wish"
    assert (await booked(store, late)).room != made.room, "a new wish is a new booking"


async def test_shortly_before_it_is_somebodys_who_is_reminded(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    item = await booked(store.browser, (await slots(store.browser))[0])
    await moved(world.server, item.room, clock.wall_ms() + REMIND_MS)
    for who in (store, chen):
        soon = await sees(who, item.room, lambda one: one.urgency is Urgency.SOON, "reminded")
        assert soon.owner is not None
        assert soon.owner.id == chen.person
    assert (await chen.browser.post(f"/api/callbacks/{item.room}/reopen")).status == 200
    await sees(store, item.room, lambda one: one.state is CallbackState.OPEN, "given back")
    await moved(world.server, item.room, clock.wall_ms() - 900_000)
    late = await sees(chen, item.room, lambda one: one.urgency is Urgency.DUE, "late")
    assert late.owner is None, "named once"
    admin = await world.server.sign_in("admin")
    assert '"named"' in (await admin.get("/api/audit?action=callback_taken")).body.decode()


async def test_where_nobody_is_there_it_is_theirs_who_comes_also_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SEEK_S", 0.05)
    async with SignalingServer(tmp_path) as server, AsyncExitStack() as stack:
        store = await stack.enter_async_context(tab(await server.sign_in("store-0117")))
        item = await booked(store.browser, (await slots(store.browser))[0])
        await moved(server, item.room, clock.wall_ms() + REMIND_MS)
        alone = await sees(store, item.room, lambda one: one.unattended, "nobody is there")
        assert (alone.urgency, alone.owner) == (Urgency.SOON, None)
    async with SignalingServer(tmp_path) as server, AsyncExitStack() as stack:
        store = await stack.enter_async_context(tab(await server.sign_in("store-0117")))
        await sees(store, item.room, lambda one: one.unattended, "still nobody")
        for login in ("liu", "chen"):  # Liu does not know it
            await stack.enter_async_context(tab(await server.sign_in(login)))
        theirs = await sees(store, item.room, lambda one: one.owner is not None, "somebody is there")
        assert theirs.owner is not None
        assert (theirs.owner.id, theirs.unattended) == ("p-chen", False)
        admin = await server.sign_in("admin")
        assert '"named"' in (await admin.get("/api/audit?action=callback_taken")).body.decode()


async def test_who_rests_by_then_is_not_named_for_it(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    at = clock.wall_ms() + REMIND_MS
    rest = datetime.fromtimestamp(at / 1000, ZoneInfo("Asia/Shanghai")) - timedelta(minutes=2)
    awake = rest + timedelta(minutes=30)
    hours = {"from_min": rest.hour * 60 + rest.minute, "to_min": awake.hour * 60 + awake.minute}
    for wish, seen in ({"do_not_disturb": True, "hours": hours}, "do_not_disturb"), ({"hours": hours}, "free"):
        assert (await chen.browser.put("/api/quiet", json=wish)).status == 204
        await store.until(lambda seen=seen: store.presence(chen.person) == seen, "it counts")  # type: ignore[misc]
    item = await booked(store.browser, (await slots(store.browser))[-1])
    await moved(world.server, item.room, at)
    alone = await sees(store, item.room, lambda one: one.urgency is Urgency.SOON, "near")
    assert (alone.unattended, alone.owner) == (True, None)


async def test_after_a_call_in_vain_the_store_says_when_and_a_call_that_is_answered_settles_it(world: World) -> None:
    store = await world.tab("store-0117")
    done = await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
    assert isinstance(done, Done)
    assert done.room is not None
    room = done.room
    await sees(store, room, lambda one: one.at is None, "owed as soon as possible")
    at = (await slots(store.browser))[3]
    assert (await booked(store.browser, at)).room == room, "the same callback"
    item = await sees(store, room, lambda one: one.at == at, "booked")
    assert item.calls == 1
    chen = await world.tab("chen")
    await answered(store, chen)
    await sees(store, room, lambda one: one.state is CallbackState.DONE, "settled")


async def test_who_waits_books_and_leaves_and_keeps_the_time(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await ring(store, chen)
    at = (await slots(store.browser))[0]
    item = await booked(store.browser, at)
    assert isinstance(await store.do(AskCallback(cid=new_cid(), room=room)), Done)
    kept = await sees(store, item.room, lambda one: one.calls == 1, "counted")
    assert kept.at == at
    await ring(store, chen)


async def test_who_booked_before_and_asks_to_be_called_back_now_is(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    item = await booked(store.browser, (await slots(store.browser))[-1])
    room = await ring(store, chen)
    assert isinstance(await store.do(AskCallback(cid=new_cid(), room=room)), Done)
    await sees(store, item.room, lambda one: one.calls == 1 and one.at is None, "as soon as possible")


async def test_who_had_agreed_to_a_time_that_the_store_did_not_wait_for_is_said_to_have_it_no_more(
    world: World,
) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    item = await booked(store.browser, (await slots(store.browser))[-1])
    assert (await chen.browser.post(f"/api/callbacks/{item.room}/take")).status == 200
    room = await ring(store, chen)
    assert isinstance(await store.do(AskCallback(cid=new_cid(), room=room)), Done)
    await sees(store, item.room, lambda one: one.calls == 1 and one.owner is None, "anybody's again")
    admin = await world.server.sign_in("admin")
    [line] = (await admin.get("/api/audit?action=callback_reopened")).read(AuditPage).lines
    assert (line.object, line.person, line.detail) == (item.room, None, "called")


async def test_the_diary_reads_only_experts_and_takes_no_thread_from_who_signs_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    read: list[PersonRow | GrantRow] = []
    real = bookings.diary

    async def seen(session: AsyncSession, store: Store, reason: Reason) -> Diary:
        threads.append(threading.current_thread())
        event.listen(session.sync_session, "loaded_as_persistent", lambda _, row: read.append(row))
        return await real(session, store, reason)

    monkeypatch.setattr(bookings, "diary", seen)
    assert await slots(await world.server.sign_in("store-0117"))
    assert threads == [threading.current_thread()], "not one of `fetch`"
    people = [row for row in read if isinstance(row, PersonRow)]
    assert people
    assert {row.role for row in people} == {Role.EXPERT}
    experts = {row.id for row in people}
    assert all(row.person_id in experts for row in read if isinstance(row, GrantRow))


async def test_a_store_that_is_closed_meanwhile_books_nothing(world: World) -> None:
    store = await world.server.sign_in("store-0117")
    item = await booked(store, None)

    async def work(session: AsyncSession) -> None:
        await session.execute(update(StoreRow).where(StoreRow.id == item.store.id).values(closed_ms=clock.wall_ms()))
        with pytest.raises(Rejection) as refused:
            await bookings.book(
                session,
                BookCallback(reason=Reason.DISHES),
                item.store,
                fresh=RoomId("fresh"),
                now_ms=clock.wall_ms(),
                within_ms=900_000,
                by=By(None, ""),
            )
        assert refused.value.code is ErrorCode.FORBIDDEN

    await world.server.house.database.write(work)


async def test_what_is_booked_outlives_a_kill(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path) as signaling, TaskScope("tabs") as scope:
        browser = await signaling.sign_in("store-0117")
        item = await booked(browser, (await slots(browser))[1], note="午高峰前")
        await signaling.kill()
        await signaling.start()
        store = Tab(browser)
        scope.spawn(store.stay(), name="store")
        assert await sees(store, item.room, lambda one: one.at == item.at, "it is there") == item
        assert (await browser.post(f"/api/callbacks/{item.room}/cancel")).status == 200


async def test_it_is_no_other_stores_business(world: World) -> None:
    here, elsewhere = [await world.server.sign_in(login) for login in ("store-0117", "store-0201")]
    item = await booked(here, None)
    assert (await elsewhere.post(f"/api/callbacks/{item.room}/cancel")).code is ErrorCode.NOT_FOUND
    for login in ("chen", "wu", "tang", "admin"):
        client = await world.server.sign_in(login)
        assert (await client.post(f"/api/callbacks/{item.room}/cancel")).code is ErrorCode.FORBIDDEN
        assert (await book(client, None)).code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"reason": "fire"}, 400),
        ({"reason": "dishes", "at": "soon"}, 400),
        ({"reason": "dishes", "at": -1}, 400),
        ({"reason": "dishes", "at": 2**53}, 400),
        ({"reason": "dishes", "at": 1.5}, 400),
        ({"reason": "dishes", "note": "x" * 201}, 400),
        ({"reason": "dishes", "at": 0}, 410),
        ({"reason": "dishes", "at": 900_000}, 410),
        ({"reason": "dishes", "at": 2**53 - 1}, 409),
    ],
)
async def test_nonsense_is_refused(world: World, body: dict[str, object], status: int) -> None:
    store = await world.server.sign_in("store-0117")
    assert (await store.post("/api/callbacks", json=body)).status == status
    assert (await store.get("/api/callback-slots?reason=fire")).status == 400


@pytest.mark.parametrize("rule", ["stores_call", "headquarters_calls"])
async def test_where_the_chain_does_not_call_nothing_is_booked(world: World, rule: str) -> None:
    store, admin = [await world.server.sign_in(login) for login in ("store-0117", "admin")]
    item = await booked(store, None)
    assert (await admin.put("/api/policies", json={rule: False})).status == 204
    assert (await book(store, None)).code is ErrorCode.POLICY
    assert (await store.get("/api/callback-slots")).code is ErrorCode.POLICY
    assert (await store.post(f"/api/callbacks/{item.room}/cancel")).status == 200


async def test_hours_that_an_administrator_sets_are_those_that_are_offered(world: World) -> None:
    store, admin = [await world.server.sign_in(login) for login in ("store-0117", "admin")]
    before = await slots(store, "dishes")
    never = {"zone": "Asia/Shanghai", "shifts": [{"day": 0, "from_min": 0, "to_min": 1}]}
    assert (await admin.put("/api/routing/experts/p-liu", json=never)).status == 204
    assert (await book(store, before[0], "dishes")).code is ErrorCode.CONFLICT
    assert before[0] not in await slots(store, "dishes")


async def test_a_time_in_which_whoever_knows_it_is_quiet_is_not_offered(world: World) -> None:
    """Liu alone knows dishes."""
    store, liu = [await world.server.sign_in(login) for login in ("store-0117", "liu")]
    before = await slots(store, "dishes")
    begin = datetime.fromtimestamp(before[1] / 1000, ZoneInfo("Asia/Shanghai"))
    end = begin + timedelta(minutes=30)
    hours = {"from_min": begin.hour * 60 + begin.minute, "to_min": end.hour * 60 + end.minute}
    assert (await liu.put("/api/quiet", json={"hours": hours})).status == 204
    assert (await book(store, before[1], "dishes")).code is ErrorCode.CONFLICT
    now = await slots(store, "dishes")
    assert not {before[1], before[2]} & set(now)
    assert before[3] in now
