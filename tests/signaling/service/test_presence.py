"""Who is away or not to be disturbed: through the public doors, real sockets, a restart and a second process."""

from pathlib import Path

import pytest

from contract.audit import Action, AuditPage
from contract.client import Attend, LeaveRoom
from contract.errors import ErrorCode
from contract.ids import RoomId
from contract.quiet import KeptQuiet, Quiet, QuietHours
from contract.rooms import CallStage, EndReason
from contract.server import Done
from runtime import clock
from signaling.http import quiet
from signaling.live.pace import Pace
from signaling.live.presence import BURST
from tests.signaling.service.world import World, answered, ring, until_it_counts
from tests.support.clients import Tab, new_cid, tab
from tests.support.promise import Promise
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

NIGHT_AND_DAY = QuietHours(from_min=0, to_min=1439, zone="UTC")
"""But for the last minute of the day."""


async def set_quiet(browser: Client, wish: Quiet) -> None:
    answer = await browser.put("/api/quiet", json=wish.model_dump(mode="json"))
    assert answer.status == 204, answer.body


async def sees(who: Tab, other: Tab, presence: str) -> None:
    await who.until(lambda: who.presence(other.person) == presence, f"{other.person} is {presence}")


async def test_do_not_disturb_is_seen_by_everybody_kept_and_in_the_audit(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    await sees(store, chen, "free")
    await set_quiet(chen.browser, Quiet(do_not_disturb=True))
    for one in (store, chen):
        await sees(one, chen, "do_not_disturb")
    kept = (await chen.browser.get("/api/quiet")).read(KeptQuiet)
    assert (kept.do_not_disturb, kept.until, kept.hours) == (True, None, None)
    await set_quiet(chen.browser, Quiet(do_not_disturb=True))
    await set_quiet(chen.browser, Quiet(hours=QuietHours(from_min=1320, to_min=420)))
    admin = await world.server.sign_in("admin")
    lines = (await admin.get("/api/audit")).read(AuditPage).lines
    said = [(line.person, line.object, line.detail) for line in lines if line.action is Action.QUIET_SET]
    assert said == [
        (chen.person, chen.person, "hours 22:00-07:00 Asia/Shanghai"),
        (chen.person, chen.person, "do_not_disturb"),
    ]


async def test_a_call_rings_nobody_who_is_not_to_be_disturbed_and_waits_for_nobody_either(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    await set_quiet(chen.browser, Quiet(do_not_disturb=True))
    await sees(store, chen, "do_not_disturb")
    room = await ring(store, zhang)
    assert {one.person.id for one in store.rooms[room].members} == {store.person, zhang.person}
    assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    await set_quiet(zhang.browser, Quiet(hours=NIGHT_AND_DAY, do_not_disturb=True))
    await sees(store, zhang, "do_not_disturb")
    room = await ring(store)
    state = await store.room(lambda state: state.id == room and state.closed_at is not None, "its end")
    assert state.end is EndReason.NOBODY_FREE


async def test_whoever_wishes_it_in_a_call_is_not_waited_for(world: World) -> None:
    store, second, chen = [await world.tab(login) for login in ("store-0117", "store-0108", "chen")]
    room = await answered(store, chen)
    waiting = await ring(second)
    await second.until(lambda: stage(second, waiting) is CallStage.WAITING, "it waits for chen")
    await set_quiet(chen.browser, Quiet(do_not_disturb=True))
    state = await second.room(lambda state: state.id == waiting and state.closed_at is not None, "nobody is left")
    assert state.end is EndReason.NOBODY_FREE
    await sees(store, chen, "busy")
    assert isinstance(await chen.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    await sees(store, chen, "do_not_disturb")


def stage(who: Tab, room: RoomId) -> CallStage | None:
    state = who.rooms.get(room)
    return state.call.stage if state is not None and state.call is not None else None


async def test_it_ends_by_itself(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    await sees(store, chen, "free")
    seen: list[str] = []
    for lasts_ms in (200, 2_000, 20_000):  # again, if this machine was too slow to see it begin
        heard, ends = len(store.heard), clock.wall_ms() + lasts_ms
        await set_quiet(chen.browser, Quiet(do_not_disturb=True, until=ends))

        def over(ends: int = ends) -> bool:
            return clock.wall_ms() > ends and store.presence(chen.person) == "free"

        await store.until(over, "it is over")
        if seen := presences(store, chen, heard):
            break
    assert seen[-2:] == ["do_not_disturb", "free"]


def presences(who: Tab, other: Tab, since: int) -> list[str]:
    return [
        entry.presence.value
        for message in who.heard[since:]
        if message.type == "presence"
        for entry in message.entries
        if entry.person.id == other.person
    ]


async def test_who_is_away_at_all_their_clients_rings_after_the_others_and_a_tablet_never_is(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    phone = await world.tab("chen", chen.browser)
    await chen.say(Attend(here=False))
    await store.say(Attend(here=False))
    await phone.say(Attend(here=False))
    await sees(store, chen, "away")
    admin = await world.server.sign_in("admin")
    assert (await admin.put("/api/routing/chains", json={"at_once": 1, "usual": SKILLED})).status == 204
    room = await until_it_counts(store, 1)
    await zhang.until(lambda: room in zhang.rooms, "zhang rings")
    assert room not in chen.rooms
    assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    await sees(zhang, store, "free")
    await phone.say(Attend(here=True))
    await sees(store, chen, "free")


async def test_who_comes_and_goes_without_end_makes_no_work_without_end(world: World, no_time: None) -> None:
    chen = await world.tab("chen")
    for turn in range(BURST):
        await chen.say(Attend(here=turn % 2 == 0))
    assert not [message for message in chen.heard if message.type == "error"]
    await chen.say(Attend(here=False))
    await chen.until(lambda: codes(chen) == [ErrorCode.TOO_MANY], "it is refused")
    zhang = await world.tab("zhang")
    await zhang.say(Attend(here=False))
    await sees(chen, zhang, "away")


def codes(who: Tab) -> list[ErrorCode]:
    return [message.code for message in who.heard if message.type == "error"]


async def test_who_sets_it_without_end_is_held_back(world: World, no_time: None) -> None:
    chen, zhang = [await world.server.sign_in(login) for login in ("chen", "zhang")]
    for turn in range(quiet.BURST):
        await set_quiet(chen, Quiet(do_not_disturb=turn % 2 == 0))
    answer = await chen.put("/api/quiet", json={"do_not_disturb": True})
    assert (answer.status, answer.code) == (429, ErrorCode.TOO_MANY)
    await set_quiet(zhang, Quiet(do_not_disturb=True))


SKILLED = [{"who": "skilled", "ring_ms": 600_000}]


async def test_who_comes_as_away_is_so_from_the_start(world: World) -> None:
    store = await world.tab("store-0117")
    await store.until(lambda: store.presence("p-chen") == "offline", "everybody as they are")
    heard = len(store.heard)
    chen = await world.stack.enter_async_context(tab(await world.server.sign_in("chen"), here=False))
    await sees(store, chen, "away")
    assert presences(store, chen, heard) == ["away"]


async def test_a_restart_forgets_no_wish(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, rooms=[]) as server, tab(await server.sign_in("chen")) as chen:
        await set_quiet(chen.browser, Quiet(do_not_disturb=True))
    async with (
        SignalingServer(tmp_path, rooms=[], seeded=False) as server,
        tab(await server.sign_in("store-0117")) as store,
        tab(await server.sign_in("chen")) as chen,
    ):
        await sees(store, chen, "do_not_disturb")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "do_not_disturb"),
        ({"do_not_disturb": "perhaps"}, "do_not_disturb"),
        ({"hours": {"from_min": 60, "to_min": 60}}, "hours"),
        ({"hours": {"from_min": 0, "to_min": 60, "zone": "../etc"}}, "zone"),
    ],
)
async def test_what_says_nothing_or_nonsense_is_refused(world: World, body: dict[str, object], named: str) -> None:
    chen = await world.server.sign_in("chen")
    answer = await chen.put("/api/quiet", json=body)
    assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE)
    assert named in answer.body.decode()
    kept = (await chen.get("/api/quiet")).read(KeptQuiet)
    assert (kept.do_not_disturb, kept.until, kept.hours) == (False, None, None)


@pytest.mark.promise("presence")
async def test_everybody_sees_it_within_two_seconds(world: World, promise: Promise) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    world.server.house.quiet_pace = Pace("quiet", per_s=1000, burst=1000)
    await sees(store, chen, "free")
    for _ in promise.rounds():
        for wish, presence in ((Quiet(do_not_disturb=True), "do_not_disturb"), (Quiet(do_not_disturb=False), "free")):
            began = clock.now()
            await set_quiet(chen.browser, wish)
            await sees(store, chen, presence)
            promise.measured("seen", clock.now() - began, limit=2.0)
