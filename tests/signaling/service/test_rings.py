"""What becomes of each ring is kept device by device, and told to those who answer for the store."""

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.client import AcceptCall, CallStore, CancelCall, DeclineCall, LeaveRoom, Rung
from contract.http import CallQuality
from contract.ids import RegionId, RoomId, StoreId
from contract.ringrates import MissedCalls, RingRate, RingRates
from contract.rings import Ring, RingEnd
from contract.rooms import MemberState, Reason
from contract.server import Done
from runtime import clock
from signaling.domain.access import Scope
from signaling.live import rings as live_rings
from signaling.service import Service
from signaling.store import rings as rows
from signaling.store.tables.audit import AuditRow
from tests.signaling.service.world import World, answered, ring
from tests.support.clients import Tab, new_cid

pytestmark = pytest.mark.flow


async def says(tab: Tab, room: RoomId, *, hidden: bool = False, silent: bool = False) -> None:
    """The device says that it rings."""
    assert isinstance(await tab.do(Rung(cid=new_cid(), room=room, hidden=hidden, silent=silent)), Done)


async def keep(world: World) -> None:
    """Write all that is over now, late words or not."""
    service = world.server.house.rooms
    assert isinstance(service, Service)
    await service.rings.keep(clock.wall_ms())


async def kept(world: World, room: RoomId) -> dict[str, Ring]:
    """The rings of a call that is over, by device, as its page has them."""
    await keep(world)
    admin = await world.server.sign_in("admin")
    found = (await admin.get(f"/api/archive/{room}/quality")).read(CallQuality)
    assert found.timings is not None
    return {one.ring.device: one.ring for one in found.rings}


async def test_every_device_that_was_rung_has_a_line_with_how_it_ended(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    behind = await world.tab("chen", chen.browser)
    room = await ring(store, chen, behind, zhang)
    await says(chen, room, hidden=True, silent=True)
    await says(behind, room)
    await says(zhang, room)
    assert isinstance(await behind.do(AcceptCall(cid=new_cid(), room=room)), Done)
    await store.do(LeaveRoom(cid=new_cid(), room=room))
    await store.until(lambda: store.rooms[room].closed_at is not None, "it is over")
    found = await kept(world, room)
    assert {device: one.end for device, one in found.items()} == {
        chen.device: RingEnd.ELSEWHERE,
        behind.device: RingEnd.ANSWERED,
        zhang.device: RingEnd.ELSEWHERE,
    }
    assert (found[chen.device].hidden, found[chen.device].silent) == (True, True)
    assert (found[zhang.device].hidden, found[zhang.device].silent) == (False, False)
    assert all(one.shown_at is not None and one.shown_at >= one.sent_at for one in found.values())


async def test_a_device_that_says_nothing_was_not_reached_and_one_that_connects_while_it_rings_rings(
    world: World,
) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await ring(store, chen)
    second = await world.tab("chen", chen.browser)
    await second.until(lambda: room in second.rooms, "it rings here too")
    await says(second, room)
    await store.do(CancelCall(cid=new_cid(), room=room))
    await chen.until(lambda: room in chen.gone, "it stops")
    found = await kept(world, room)
    assert {device: one.end for device, one in found.items()} == {
        chen.device: RingEnd.NOT_REACHED,
        second.device: RingEnd.GIVEN_UP,
    }


async def test_a_device_that_never_rang_is_not_hidden_by_the_one_on_which_its_person_declined(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    behind = await world.tab("chen", chen.browser)
    room = await ring(store, chen, behind, zhang)
    await says(behind, room)
    assert isinstance(await behind.do(DeclineCall(cid=new_cid(), room=room)), Done)
    await store.do(CancelCall(cid=new_cid(), room=room))
    await zhang.until(lambda: room in zhang.gone, "it stops")
    found = await kept(world, room)
    assert (found[chen.device].end, found[behind.device].end) == (RingEnd.NOT_REACHED, RingEnd.DECLINED)


async def test_a_device_that_says_so_after_the_end_rang_late(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_rings, "LATE_MS", 3_600_000)  # however slow this machine is
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    room = await ring(store, chen, zhang)
    await zhang.do(DeclineCall(cid=new_cid(), room=room))
    await store.do(CancelCall(cid=new_cid(), room=room))
    await chen.until(lambda: room in chen.gone, "it stops")
    await chen.do(Rung(cid=new_cid(), room=room))
    found = await kept(world, room)
    assert (found[chen.device].end, found[zhang.device].end) == (RingEnd.LATE, RingEnd.DECLINED)


async def test_the_least_reliable_device_comes_first_and_only_to_those_who_answer_for_the_store(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    for _ in range(2):
        room = await ring(store, chen, zhang)
        await says(zhang, room)
        assert isinstance(await zhang.do(AcceptCall(cid=new_cid(), room=room)), Done)
        await store.do(LeaveRoom(cid=new_cid(), room=room))
        await store.until(lambda room=room: store.rooms[room].closed_at is not None, "over")  # type: ignore[misc]
        await zhang.until(lambda room=room: zhang.rooms[room].closed_at is not None, "over")  # type: ignore[misc]
    await keep(world)
    admin = await world.server.sign_in("admin")
    found = (await admin.get("/api/rings")).read(RingRates)
    assert [(one.who.id, one.sent, one.shown, one.not_reached, one.answered) for one in found.lines] == [
        (chen.person, 2, 0, 2, 0),
        (zhang.person, 2, 2, 0, 2),
    ]
    assert found.lines[0].shown_ms is None
    assert found.lines[1].shown_ms is not None
    assert {region.id for region in found.regions} == {"r-east", "r-north"}
    assert not (await admin.get("/api/rings?region=r-north")).read(RingRates).lines
    assert (await admin.get("/api/rings?days=0")).status == 400
    manager = await world.server.sign_in("wu")
    overseen = (await manager.get("/api/rings")).read(RingRates)
    assert (len(overseen.lines), [region.id for region in overseen.regions]) == (2, ["r-east"])
    async with world.server.house.database.read() as session:
        opened = select(AuditRow.person_id, AuditRow.object).where(AuditRow.action == Action.RINGS_OPENED)
        assert sorted(tuple(row) for row in await session.execute(opened)) == [("p-admin", "rings"), ("p-wu", "rings")]


async def test_the_report_takes_no_thread_from_who_signs_in_or_calls(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    real = rows.rates

    async def seen(
        session: AsyncSession, scope: Scope, since_ms: int, region: RegionId | None, limit: int
    ) -> tuple[list[RingRate], int]:
        threads.append(threading.current_thread())
        return await real(session, scope, since_ms, region, limit)

    monkeypatch.setattr(rows, "rates", seen)
    admin = await world.server.sign_in("admin")
    assert (await admin.get("/api/rings")).status == 200
    assert threads == [threading.current_thread()], "not one of `fetch`"


async def test_the_median_is_of_the_middle_ring_and_what_is_old_goes(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    await store.do(LeaveRoom(cid=new_cid(), room=room))
    now_ms = clock.wall_ms()

    def rang(age_ms: int, took_ms: int) -> tuple[RoomId, Ring]:
        sent_ms = now_ms - age_ms
        ended = Ring(
            person=chen.person, device="tab", sent_at=sent_ms, shown_at=sent_ms + took_ms, end=RingEnd.TIMED_OUT
        )
        return room, ended

    many = [rang(number, took) for number, took in enumerate((90, 10, 50, 30, 70), start=1)]
    database = world.server.house.database
    await database.write(lambda session: rows.keep(session, many))
    admin = await world.server.sign_in("admin")
    lines = (await admin.get("/api/rings")).read(RingRates).lines
    assert [(one.sent, one.shown_ms) for one in lines if one.device == "tab"] == [(5, 50)]
    await database.write(lambda session: rows.forget(session, now_ms + 1))
    assert not (await admin.get("/api/rings")).read(RingRates).lines


async def test_a_store_sees_the_calls_that_it_missed_until_they_have_spoken(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    assert not (await store.browser.get("/api/missed")).read(MissedCalls).calls
    done = await chen.do(CallStore(cid=new_cid(), store=StoreId("s-0117"), reason=Reason.EQUIPMENT))
    assert isinstance(done, Done)
    assert done.room is not None
    missed = done.room
    await store.until(lambda: missed in store.rooms, "it rings")
    await chen.do(CancelCall(cid=new_cid(), room=missed))
    await store.until(lambda: missed in store.gone, "it stops")
    [found] = (await store.browser.get("/api/missed")).read(MissedCalls).calls
    assert (found.by.id, found.at) == (chen.person, chen.rooms[missed].opened_at)
    neighbour = await world.server.sign_in("store-0108")
    assert not (await neighbour.get("/api/missed")).read(MissedCalls).calls
    await chen.until(lambda: chen.rooms[missed].closed_at is not None, "over")
    room = await answered(store, chen)
    await store.do(LeaveRoom(cid=new_cid(), room=room))
    await store.until(lambda: store.rooms[room].closed_at is not None, "over")
    assert not (await store.browser.get("/api/missed")).read(MissedCalls).calls
    assert all(one.state is not MemberState.RINGING for one in store.rooms[room].members)
