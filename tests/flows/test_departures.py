"""Who leaves, is removed or loses the right gets nothing any more, counted at its own socket."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from contract.client import CloseRoom, JoinRoom, LeaveRoom
from contract.ids import PersonId, RoomId
from contract.server import Done
from runtime import clock
from signaling.live.directory import EVERY_S
from signaling.store import organisation
from signaling.store.engine import Database
from signaling.store.organisation import By
from signaling.store.schema import DATABASE
from tests.support.caller import Caller, call, caller, lesson
from tests.support.clients import new_cid, tab
from tests.support.nodes import until
from tests.support.peer_client import PeerClient
from tests.support.promise import Promise
from tests.support.stack import Stack

pytestmark = pytest.mark.flow

LAST_S = 0.2
MANY = 10
"""Packets of somebody else: who still got any would have got some meanwhile."""


async def gone(
    promise: Promise, how: str, victim: Caller, room: RoomId, since: float, beside: Caller, *, limit_s: float = LAST_S
) -> None:
    """The last media came in time, the connection was closed properly, and neither it nor another comes back."""
    peer = victim.peers[-1]
    await until(lambda: peer.dtls.state == "closed", "close_notify")
    await goes_on(beside)
    promise.measured(f"last packet after {how}", max(0.0, victim.heard[-1] - since), limit=limit_s)
    again = PeerClient()
    answer = await victim.offer(room, again, 1000)
    await again.aclose()
    assert answer.status in (401, 403, 404, 409, 410), f"{how}: an offer is refused, not {answer.status}"
    count = len(victim.heard)
    async with asyncio.TaskGroup() as tasks:
        old = tasks.create_task(peer.check())
        await asyncio.sleep(0)  # it is sent
        for _ in range(2):
            await beside.peers[-1].check()  # the same socket of the server reads it later
        assert not old.done(), f"{how}: the old credentials still work"
        old.cancel()
    await goes_on(beside)
    assert len(victim.heard) == count


async def goes_on(beside: Caller) -> None:
    """The worker sends many more packets to somebody else."""
    peer = beside.peers[-1]
    enough = len(peer.media_at) + MANY
    await until(lambda: len(peer.media_at) >= enough, "the worker forwards for others")


@pytest.mark.promise("B17")
async def test_nothing_is_sent_to_who_left_or_lost_the_right(promise: Promise, tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, caller(stack, "store-0131") as neighbour, caller(stack, "liu") as beside:
        await call(neighbour, beside)
        for _ in promise.rounds():
            for how, leave in WAYS.items():
                async with caller(stack, "store-0117") as store, caller(stack, "chen") as expert:
                    room = await call(store, expert)
                    await expert.hears(after=clock.now())
                    since = await leave(expert, room)
                    await gone(promise, how, expert, room, since, beside)
                    if leave is loses_its_seat:
                        since = await hangs_up(store, room)
                    await gone(promise, f"the other side of {how}", store, room, since, beside)
            async with caller(stack, "he") as trainer, caller(stack, "store-0117") as store:
                room = await lesson(trainer, store)
                await store.hears(after=clock.now())
                since = clock.now()
                await trainer.tab.say(CloseRoom(cid=new_cid(), room=room))
                await gone(promise, "the trainer closed the session", store, room, since, beside)
            async with caller(stack, "store-0117") as store, caller(stack, "chen") as expert:
                room = await call(store, expert)
                await expert.hears(after=clock.now())
                since = await is_disabled(stack, expert)
                how = "being disabled by another process"
                await gone(promise, how, expert, room, since, beside, limit_s=EVERY_S + LAST_S)
            async with Database(stack.data / DATABASE) as database:
                await database.write(partial(organisation.enable, person=PersonId("p-chen"), by=By()))


async def hangs_up(who: Caller, room: RoomId) -> float:
    since = clock.now()
    await who.tab.say(LeaveRoom(cid=new_cid(), room=room))
    return since


async def signs_out(who: Caller, _room: RoomId) -> float:
    since = clock.now()
    assert (await who.tab.browser.post("/api/signout")).status == 204
    return since


async def loses_its_seat(who: Caller, room: RoomId) -> float:
    async with tab(who.tab.browser) as other:
        await other.until(lambda: room in other.rooms, "the room")
        since = clock.now()
        assert isinstance(await other.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
        return since


async def is_disabled(stack: Stack, who: Caller) -> float:
    """As on the command line; the server notices within a second."""
    async with Database(stack.data / DATABASE) as database:
        await database.write(partial(organisation.disable, person=who.tab.person, now_ms=clock.wall_ms(), by=By()))
        return clock.now()


WAYS: dict[str, Callable[[Caller, RoomId], Awaitable[float]]] = {
    "hanging up": hangs_up,
    "another tab taking the seat": loses_its_seat,
    "signing out": signs_out,
}
