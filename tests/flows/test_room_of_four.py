"""The worker of a session dies: everybody in it is on another one soon, and so is the recording."""

import os
import signal
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from contract.client import CloseRoom
from contract.ids import RoomId
from contract.media import Source
from contract.server import Done
from runtime import clock
from tests.support.caller import Caller, caller, lesson
from tests.support.calls import replay
from tests.support.clients import new_cid
from tests.support.nodes import until
from tests.support.promise import Promise
from tests.support.stack import Stack, worker_of

pytestmark = [pytest.mark.flow, pytest.mark.full_only]

FOUR = ("he", "store-0117", "store-0108", "store-0131")
SOUNDS = 50
"""A second of a voice."""
ROOM_S = 5.0


@pytest.mark.promise("B6")
async def test_a_room_of_four_and_its_recording_are_on_another_worker_soon(promise: Promise, tmp_path: Path) -> None:
    async with Stack(tmp_path, workers=2) as stack:
        for seed in promise.rounds():
            await stack.until(partial(connected, stack, seed + 1), "not two workers")
            async with AsyncExitStack() as owned:
                people = [await owned.enter_async_context(caller(stack, login)) for login in FOUR]
                room = await lesson(*people)
                await all_hear_all(people)
                await stack.until(partial(recorded, stack, people[0], room), "not all four are recorded")
                dying, killed = worker_of(stack, room), clock.now()
                os.kill(stack.pid(dying), signal.SIGKILL)
                back = [await one.hears_anew(after=killed) - killed for one in people]
                promise.measured("sound back in a room of four, the last of them", max(back), limit=2.0)
                await all_hear_all(people)
                assert worker_of(stack, room) != dying
                await recording_went_on(promise, people, room)


def connected(stack: Stack, times: int) -> bool:
    """Workers came so often by now."""
    return len(stack.log_lines("worker connected")) >= times


def recorded(stack: Stack, who: Caller, room: RoomId) -> bool:
    """Something of everybody is on the disk."""
    recording = who.tab.rooms[room].recording
    assert recording is not None
    live = (stack.data / "objects" / "recordings" / recording.id).glob("live-*")
    return sum(path.stat().st_size > 0 for path in live) >= len(FOUR)


async def all_hear_all(people: list[Caller]) -> None:
    """Everybody's newest connection carries all the others, and more of their sound comes."""
    everybody = {one.tab.person for one in people}
    for one in people:
        await until(
            lambda one=one: {slot.participant for slot in one.slots} - {None} == everybody - {one.tab.person},  # type: ignore[misc]  # bound now
            f"{one.tab.person} has the others",
        )
    for one, before in [(one, len(one.heard)) for one in people]:
        await until(lambda one=one, before=before: len(one.heard) >= before + 3 * SOUNDS, "sound of three")  # type: ignore[misc]  # bound now


async def recording_went_on(promise: Promise, people: list[Caller], room: RoomId) -> None:
    """Of everybody's microphone there is sound to the end, and no long hole."""
    assert isinstance(await people[0].tab.do(CloseRoom(cid=new_cid(), room=room)), Done)
    kept = await replay(people[0], room)
    assert kept.entry.duration_s is not None
    for person in (one.tab.person for one in people):
        ends = [part.offset_s + part.duration_s for part in kept.parts if part.participant == person]
        assert max(ends) > kept.entry.duration_s - 1.0
    holes = [gap.end_s - gap.start_s for gap in kept.gaps if gap.source is Source.MICROPHONE]
    promise.measured("gap in the recording of a room of four", max(holes, default=0.0), limit=ROOM_S)
