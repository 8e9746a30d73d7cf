"""Processes die and hang in mid-call: media moves, nobody is there twice, the other call does not notice."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientError

from contract.client import LeaveRoom, SetMedia
from contract.data import Moved
from contract.ids import ChannelId, ClientMessageId, RoomId, room_channel
from contract.server import Bye, Done
from runtime import clock
from tests.support.caller import Caller, call, caller
from tests.support.clients import new_cid
from tests.support.nodes import until
from tests.support.promise import Promise
from tests.support.stack import HANG_S, Stack, worker_of

pytestmark = pytest.mark.flow

CALLS = (("store-0117", "chen"), ("store-0108", "zhang"))
PACKET_S = 0.02
STEADY_S = 0.15
"""Sound comes every 20 ms; a busy machine may be late by this."""


@asynccontextmanager
async def calls(stack: Stack, count: int = 1) -> AsyncIterator[list[tuple[RoomId, Caller, Caller]]]:
    """That many calls at once, everybody is heard."""
    async with AsyncExitStack() as owned:
        made = []
        for store_login, expert_login in CALLS[:count]:
            store = await owned.enter_async_context(caller(stack, store_login))
            expert = await owned.enter_async_context(caller(stack, expert_login))
            made.append((await call(store, expert), store, expert))
        yield made


async def logged(stack: Stack, event: str, times: int) -> None:
    """Wait until this was logged so often."""
    await stack.until(lambda: len(stack.log_lines(event)) >= times, f"not {times} times: {event}")


async def back(people: Sequence[Caller], at: float) -> float:
    """After how many seconds both hear again by a new connection."""
    return max([await one.hears_anew(after=at) for one in people]) - at


async def hear_more(people: Sequence[Caller], sound_s: float) -> None:
    """Wait until everybody has heard so much more."""
    for one, before in [(one, len(one.heard)) for one in people]:
        await until(lambda one=one, before=before: len(one.heard) >= before + sound_s / PACKET_S, "more is heard")  # type: ignore[misc]


@pytest.mark.promise("B6")
async def test_a_killed_worker_is_replaced_at_once_and_the_other_call_does_not_notice(
    promise: Promise, tmp_path: Path
) -> None:
    async with Stack(tmp_path, workers=2) as stack:
        for seed in promise.rounds():
            await logged(stack, "worker connected", seed + 1)
            async with calls(stack, 2) as (first, second):
                room, *people = first
                await hear_more([*people, *second[1:]], 0.5)
                dying = worker_of(stack, room)
                assert worker_of(stack, second[0]) != dying
                killed = clock.now()
                os.kill(stack.pid(dying), signal.SIGKILL)
                promise.measured("sound back after a worker was killed", await back(people, killed), limit=2.0)
                await hear_more([*people, *second[1:]], 1.0)
                assert worker_of(stack, room) != dying
                for one in second[1:]:
                    gap_s = one.longest_gap_s(killed, clock.now())
                    promise.measured("gap of the call on the other worker", gap_s, limit=STEADY_S)
                for over, store, _expert in (first, second):  # the next round calls again
                    await store.tab.do(LeaveRoom(cid=new_cid(), room=over))


@pytest.mark.full_only
@pytest.mark.promise("B7")
async def test_a_frozen_worker_is_replaced_and_finds_its_room_elsewhere_when_it_wakes(
    promise: Promise, tmp_path: Path
) -> None:
    async with Stack(tmp_path, workers=2, hang_s=0) as stack:
        for seed in promise.rounds():
            async with calls(stack) as ((room, *people),):
                await hear_more(people, 0.5)
                frozen = worker_of(stack, room)
                pid, at = stack.pid(frozen), clock.now()
                os.kill(pid, signal.SIGSTOP)
                promise.measured("sound back after a worker froze", await back(people, at), limit=5.0)
                await asyncio.sleep(max(0.0, at + promise.size(3.0, full=6.0) - clock.now()))
                woken = clock.now()
                os.kill(pid, signal.SIGCONT)
                await logged(stack, "worker holds a room that went elsewhere", seed)
                await hear_more(people, 1.5)
                for one in people:
                    promise.measured("gap when it woke", one.longest_gap_s(woken, clock.now()), limit=STEADY_S)
                    late = [at for peer in one.peers[:-1] for at in peer.media_at if at > woken + 0.5]
                    assert not late, "nothing comes by the old connection"
                    assert len(one.peers) == 2, "one new connection was enough"
                    others = [slot.participant for slot in one.slots if slot.participant is not None]
                    assert others == [other.tab.person for other in people if other is not one], "nobody is there twice"
                assert worker_of(stack, room) != frozen
                await people[0].tab.do(LeaveRoom(cid=new_cid(), room=room))


@pytest.mark.full_only
@pytest.mark.promise("B8")
async def test_the_only_worker_comes_back_after_a_kill_and_after_a_hang(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with Stack(tmp_path / str(seed), hang_s=HANG_S) as stack, calls(stack) as ((room, store, expert),):
            for number, what in ((signal.SIGKILL, "was killed"), (signal.SIGSTOP, "froze")):
                at = clock.now()
                os.kill(stack.pid("media-0"), number)
                lost_s = await back((store, expert), at)
                promise.measured(f"sound back after the only worker {what}", lost_s, limit=6.0)
                await hear_more((store, expert), 0.5)
            assert [line["child"] for line in stack.log_lines("child hangs, killing it")] == ["media-0"]
            assert {line["room"] for line in stack.log_lines("room placed")} == {room}


@pytest.mark.full_only
@pytest.mark.promise("B10")
async def test_signaling_dies_and_hangs_and_the_calls_go_on(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with Stack(tmp_path / str(seed), hang_s=HANG_S) as stack, calls(stack) as ((room, store, expert),):
            people = store, expert
            before = [one.tab.rooms[room].members for one in people]
            channel = room_channel(room)
            said = []
            faults = [(signal.SIGKILL, "was killed", 3.0), (signal.SIGSTOP, "paused", 3.0)]
            for number, what, limit_s in [*faults, *promise.size([], full=[(signal.SIGSTOP, "hung", 7.0)])]:
                pid, at = stack.pid("signaling"), clock.now()
                os.kill(pid, number)
                said += [await one.tab.write(channel, f"{what}: {one.tab.person}") for one in people]
                wish = SetMedia(cid=new_cid(), room=room, muted=True, camera_off=False)
                unmute = wish.model_copy(update={"cid": new_cid(), "muted": False})
                if what == "paused":
                    await asyncio.sleep(1.5)
                    at = clock.now()
                    os.kill(pid, signal.SIGCONT)
                for command in (wish, unmute):
                    await repeat_until_done(store, command)
                promise.measured(f"control back after signaling {what}", clock.now() - at, limit=limit_s)
                await hear_more(people, 0.5)
                for one in people:
                    gap_s = one.longest_gap_s(at, clock.now())
                    promise.measured(f"gap of sound while signaling {what}", gap_s, limit=0.5)
                    assert len(one.peers) == 1, "nobody needed a new connection"
            for one in people:
                assert sorted(await chat_of(one, channel, len(said))) == sorted(said), "each once"
            assert [one.tab.rooms[room].members for one in people] == before, "the same people in the same state"
            assert not stack.log_lines("worker is silent"), "nobody is blamed for the time that signaling missed"


async def chat_of(one: Caller, channel: ChannelId, count: int) -> list[ClientMessageId]:
    """At least so many messages as this person sees them."""
    await one.tab.until(lambda: len(one.tab.shown.get(channel, [])) >= count, "the chat")
    return [message.cid for message in one.tab.shown[channel]]


async def repeat_until_done(one: Caller, command: SetMedia) -> None:
    """Say a command until it is done; the web client says it again the moment it is welcomed."""

    def done() -> bool:
        return any(isinstance(said, Done) and said.cid == command.cid for said in one.tab.heard)

    async with asyncio.timeout(30.0):
        while not done():
            with contextlib.suppress(ClientError, OSError, AssertionError):
                await one.tab.say(command)
            with contextlib.suppress(AssertionError):
                await until(done, "done", seconds=0.1)


@pytest.mark.promise("B19")
async def test_sigterm_drains_and_ends_in_time_also_with_a_hung_child(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        stack = Stack(tmp_path / str(seed))
        async with stack, calls(stack) as ((room, *people),):
            began = clock.now()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(asyncio.to_thread(stack.stop))  # asserts exit status 0
                for one in people:
                    # Not `tab.bye`, which its next connection forgets.
                    await one.tab.until(lambda one=one: any(isinstance(m, Bye) for m in one.tab.heard), "goodbye")  # type: ignore[misc]
                    said = one.peers[0].said
                    await until(lambda said=said: Moved(reason="restarting") in said, "a word on the media's end")  # type: ignore[misc]
                    promise.measured("everybody is told that it ends", clock.now() - began, limit=3.0)
            promise.measured("exit after SIGTERM", clock.now() - began, limit=10.0)
            await asyncio.to_thread(stack.start)
            up = clock.now()
            promise.measured("sound back after the service was started again", await back(people, up), limit=3.0)
            assert all(one.tab.rooms[room].closed_at is None for one in people), "the same call goes on"
            os.kill(stack.pid("media-0"), signal.SIGSTOP)
            began = clock.now()
            await asyncio.to_thread(stack.stop)
            promise.measured("exit after SIGTERM with a hung worker", clock.now() - began, limit=10.0)
