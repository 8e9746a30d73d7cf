"""The chain of a call through the public doors: real sockets, steps set by an administrator, kill -9 while it rings."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contract.client import AcceptCall, DeclineCall, LeaveRoom, StartCall
from contract.errors import ErrorCode
from contract.people import Presence
from contract.rooms import CallStage, EndReason, MemberState, Reason, RoomState
from contract.routing import Routing
from contract.routing_now import RoutingNow
from contract.server import Done, Error
from runtime.supervise import TaskScope
from tests.signaling.service.world import World, ring, until_it_counts
from tests.support import chain
from tests.support.clients import Tab, new_cid, tab
from tests.support.server import Client, SignalingServer
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow

LONG_MS = 600_000


def rings(state: RoomState) -> set[str]:
    return {member.person.id for member in state.members if member.state is MemberState.RINGING}


async def set_chain(admin: Client, *steps: Mapping[str, object], at_once: int = 5) -> None:
    answer = await admin.ask("PUT", "/api/routing/chains", json={"at_once": at_once, "usual": list(steps)})
    assert answer.status == 204, answer.body


async def test_each_step_rings_more_until_it_is_missed(world: World) -> None:
    store, chen, zhang, liu = [await world.tab(login) for login in ("store-0117", "chen", "zhang", "liu")]
    admin = await world.server.sign_in("admin")
    assert (await admin.ask("PUT", "/api/routing/experts/p-liu", json={"on_call": True})).status == 204
    await set_chain(
        admin,
        {"who": "skilled", "ring_ms": 300},
        {"who": "on_call", "ring_ms": 300},
        {"who": "anybody", "ring_ms": 300},
        at_once=1,
    )
    room = await until_it_counts(store, 3)
    seen: list[set[str]] = []
    async with asyncio.timeout(60):
        while (state := store.rooms[room]).closed_at is None:
            if not seen or rings(state) != seen[-1]:
                seen.append(rings(state))
            await asyncio.sleep(0.001)
    assert state.end is EndReason.MISSED
    rung = {member.person.id for member in state.members} - {store.person}
    assert rung == {chen.person, zhang.person, liu.person}
    assert all(before <= after for before, after in pairwise(seen) if after), "nobody stops early"
    for expert in (chen, zhang, liu):
        await expert.until(lambda expert=expert: room in expert.gone, "it stops ringing")  # type: ignore[misc]


async def test_a_decline_moves_the_ring_on_at_once(world: World) -> None:
    store, chen, liu = [await world.tab(login) for login in ("store-0117", "chen", "liu")]
    admin = await world.server.sign_in("admin")
    await set_chain(admin, *[{"who": kind, "ring_ms": LONG_MS} for kind in ("skilled", "on_call", "anybody")])
    room = await until_it_counts(store, 3)
    await chen.until(lambda: room in chen.rooms, "chen rings")
    assert room not in liu.rooms
    await chen.do(DeclineCall(cid=new_cid(), room=room))
    await liu.until(lambda: room in liu.rooms, "liu rings, as nobody is on call")
    assert isinstance(await liu.do(AcceptCall(cid=new_cid(), room=room)), Done)


@pytest.mark.parametrize("rounds", [15, pytest.param(100, marks=pytest.mark.full_only)])
async def test_of_many_who_answer_at_once_exactly_one_wins_and_nobody_is_left_ringing(
    world: World, rounds: int
) -> None:
    store = await world.tab("store-0117")
    experts = [await world.tab(login) for login in ("chen", "zhang", "liu")]
    admin = await world.server.sign_in("admin")
    await set_chain(admin, {"who": "anybody", "ring_ms": LONG_MS})
    room = await until_it_counts(store, 1)
    winners: set[str] = set()
    for _ in range(rounds):
        for expert in experts:
            await expert.until(lambda expert=expert, room=room: room in expert.rooms, "it rings")  # type: ignore[misc]
        answers = await asyncio.gather(*(one.do(AcceptCall(cid=new_cid(), room=room)) for one in experts))
        won = [one for one, answer in zip(experts, answers, strict=True) if isinstance(answer, Done)]
        assert len(won) == 1
        winners.add(won[0].person)
        assert {answer.code for answer in answers if isinstance(answer, Error)} == {ErrorCode.CONFLICT}
        for expert in experts:
            if expert is not won[0]:
                await expert.until(lambda expert=expert, room=room: room in expert.gone, "it stops")  # type: ignore[misc]
        assert rings(store.rooms[room]) == set()
        await store.do(LeaveRoom(cid=new_cid(), room=room))
        done = await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
        assert isinstance(done, Done)
        assert done.room is not None
        room = done.room
    assert winners


async def test_who_answered_fewest_calls_rings_first(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    admin = await world.server.sign_in("admin")
    await set_chain(admin, {"who": "skilled", "ring_ms": LONG_MS}, at_once=1)
    room = await until_it_counts(store, 1)
    for expert, other in ((chen, zhang), (zhang, chen)):
        await expert.until(lambda expert=expert, room=room: room in expert.rooms, "it rings")  # type: ignore[misc]
        assert room not in other.rooms
        await expert.do(AcceptCall(cid=new_cid(), room=room))
        await store.do(LeaveRoom(cid=new_cid(), room=room))
        room = await ring(store)


async def test_a_restart_keeps_the_chain_and_who_answered_before(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, rooms=[]) as server:
        admin = await server.sign_in("admin")
        await set_chain(admin, {"who": "skilled", "ring_ms": LONG_MS}, at_once=1)
        async with AsyncExitStack() as stack:
            store, chen = [
                await stack.enter_async_context(tab(await server.sign_in(login))) for login in ("store-0117", "chen")
            ]
            room = await until_it_counts(store, 1)
            await chen.until(lambda: room in chen.rooms, "it rings")
            await chen.do(AcceptCall(cid=new_cid(), room=room))
            await store.do(LeaveRoom(cid=new_cid(), room=room))
    async with SignalingServer(tmp_path, rooms=[], seeded=False) as server, AsyncExitStack() as stack:
        again = (await (await server.sign_in("admin")).get("/api/routing")).read(Routing)
        assert (again.chains.at_once, [step.ring_ms for step in again.usual]) == (1, [LONG_MS])
        store, chen, zhang = [
            await stack.enter_async_context(tab(await server.sign_in(login)))
            for login in ("store-0117", "chen", "zhang")
        ]
        room = await ring(store)
        await zhang.until(lambda: room in zhang.rooms, "zhang, who answered none, rings")
        assert room not in chen.rooms


@pytest.mark.full_only
async def test_a_kill_between_two_steps_loses_neither_the_ring_nor_its_end(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path) as signaling, TaskScope("tabs") as scope:
        admin = await signaling.sign_in("admin")
        await set_chain(admin, {"who": "skilled", "ring_ms": 1500}, {"who": "anybody", "ring_ms": 1500})
        store, chen, liu = [Tab(await signaling.sign_in(login)) for login in ("store-0117", "chen", "liu")]
        for one in (store, chen, liu):
            scope.spawn(one.stay(), name=one.person)
            await one.until(lambda one=one: one.welcome, "welcome")  # type: ignore[misc]
        room = await until_it_counts(store, 2)
        await chen.until(lambda: room in (*chen.rooms, *chen.gone), "it rings, or is over on a very slow machine")
        await signaling.kill()
        await signaling.start()
        state = await store.room(lambda state: state.id == room and state.closed_at is not None, "its end")
        assert state.end is EndReason.MISSED
        assert state.call is not None
        assert state.call.stage is CallStage.ENDED
        await chen.until(lambda: room in chen.gone, "nobody is left ringing")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"usual": []}, "usual"),
        ({"usual": [{"who": "skilled", "ring_ms": 5}]}, "ring_ms"),
        ({"usual": [{"who": "the cat", "ring_ms": 5000}]}, "who"),
        ({"at_once": 0}, "at_once"),
    ],
)
async def test_a_wrong_chain_is_refused_by_name_and_changes_nothing(
    world: World, body: dict[str, object], named: str
) -> None:
    admin = await world.server.sign_in("admin")
    before = await admin.get("/api/routing")
    answer = await admin.ask("PUT", "/api/routing/chains", json=body)
    assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE)
    assert named in answer.body.decode()
    assert (await admin.get("/api/routing")).body == before.body


@pytest.mark.parametrize(
    ("path", "body"), [("chains", {"at_once": 3}), ("experts/p-chen", {"on_call": True})], ids=["chains", "a profile"]
)
async def test_what_somebody_else_has_set_since_is_not_replaced_unseen(
    world: World, path: str, body: dict[str, object]
) -> None:
    admin = await world.server.sign_in("admin")

    async def tag() -> str:
        read = (await admin.get("/api/routing")).read(Routing)
        return read.tag if path == "chains" else next(one.tag for one in read.experts if one.person.id == "p-chen")

    says = {"If-Match": f'"{await tag()}"'}
    assert (await admin.put(f"/api/routing/{path}", json=body, headers=says)).status == 204
    late = await admin.put(f"/api/routing/{path}", json=body, headers=says)
    assert (late.status, late.code) == (412, ErrorCode.PRECONDITION)
    again = {"If-Match": f'"{await tag()}"'}
    assert (await admin.put(f"/api/routing/{path}", json=body, headers=again)).status == 204


async def test_only_experts_have_a_profile(world: World) -> None:
    admin = await world.server.sign_in("admin")
    for person in ("p-store-0117", "p-he", "nobody"):
        assert (await admin.ask("PUT", f"/api/routing/experts/{person}", json={"on_call": True})).status == 404


async def test_who_would_be_rung_now_is_who_is_free_and_at_work(world: World) -> None:
    chen, _liu = [await world.tab(login) for login in ("chen", "liu")]
    admin = await world.server.sign_in("admin")
    await set_chain(admin, {"who": "skilled", "ring_ms": LONG_MS}, {"who": "anybody", "ring_ms": LONG_MS})

    async def until(steps: list[list[str]]) -> dict[str, tuple[Presence, bool]]:
        async with asyncio.timeout(60):
            while True:
                found = (await admin.get("/api/routing/now")).read(RoutingNow)
                [equipment] = [one for one in found.reasons if one.reason is Reason.EQUIPMENT]
                if [step.people for step in equipment.steps] == steps:
                    return {one.person: (one.presence, one.at_work) for one in found.experts}
                await asyncio.sleep(0.02)

    experts = await until([["p-chen"], ["p-liu"]])
    assert (experts["p-chen"], experts["p-zhang"]) == ((Presence.FREE, True), (Presence.OFFLINE, True))
    not_near_today = (datetime.now(ZoneInfo("Asia/Shanghai")).weekday() + 3) % 7
    off = {"shifts": [{"day": not_near_today, "from_min": 0, "to_min": 1}]}
    assert (await admin.ask("PUT", f"/api/routing/experts/{chen.person}", json=off)).status == 204
    assert (await until([[], ["p-liu"]]))["p-chen"] == (Presence.FREE, False)


async def test_who_is_rung_for_some_regions_only_is_shown_with_them(world: World) -> None:
    admin = await world.server.sign_in("admin")
    of_east = {"role": "expert", "region": chain.EAST}
    assert (await admin.put("/api/people/p-liu/roles", json=of_east)).status == 204
    async with asyncio.timeout(60):
        while True:
            found = (await admin.get("/api/routing/now")).read(RoutingNow)
            only = {str(one.person): [place.en for place in one.only] for one in found.experts}
            if only["p-liu"]:
                break
            await asyncio.sleep(0.02)
    assert only.pop("p-liu") == ["East"]
    assert set(map(tuple, only.values())) == {()}, "the others answer for the chain"


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("chains", {}, "nothing is set: send at_once, usual, equipment, dishes, other"),
        ("chains", {"at_once": 3, "usuall": []}, "usuall: not known here, leave it out"),
        ("chains", {"usual": [{"who": "anybody", "ring_ms": 1000, "skill": "it"}]}, "usual.0.skill: not known here"),
        ("chains", {"usual": []}, "usual: "),
        ("chains", {"usual": [{"who": "anybody", "ring_ms": 1}]}, "usual.0.ring_ms: "),
        ("experts/p-chen", {}, "nothing is set: send levels, languages, zone, shifts, on_call"),
        ("experts/p-chen", {"oncall": True}, "oncall: not known here, leave it out"),
        ("experts/p-chen", {"zone": "Moon/Base"}, "zone: "),
        ("experts/p-chen", {"shifts": [{"day": 0, "from_min": 60, "to_min": 30}]}, "shifts.0: "),
    ],
)
async def test_what_does_not_say_what_to_set_is_refused_and_sets_nothing(
    world: World, path: str, body: Mapping[str, object], why: str
) -> None:
    admin = await world.server.sign_in("admin")
    before = (await admin.get("/api/routing")).body
    answer = await admin.ask("PUT", f"/api/routing/{path}", json=body)
    assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE)
    assert why in answer.body.decode()
    assert (await admin.get("/api/routing")).body == before
