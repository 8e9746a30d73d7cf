"""kill -9 of anything at any moment of a recording (C1): at most a second of each track is lost, and said."""

import asyncio
import os
import signal
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median

import pytest

from contract.client import LeaveRoom
from contract.ids import RoomId
from contract.media import Source
from contract.recording import Gap, GapReason, RecordingSummary
from contract.rooms import RecordingState
from contract.server import MediaMoved
from recorder.timeline import SHORTEST_GAP_S
from runtime import clock
from tests.signaling.service.world import answered
from tests.support.calls import recording_of, safe
from tests.support.clients import new_cid
from tests.support.member import Member
from tests.support.played import Played, play, probe_errors
from tests.support.promise import Promise
from tests.support.show import clip_frames, show
from tests.support.stack import Stack

pytestmark = pytest.mark.flow

CLIP = 1
RECORDER, WORKER, SIGNALING = "recorder", "media-0", "signaling"
REASONS = {RECORDER: GapReason.CRASH, WORKER: GapReason.WORKER}


@dataclass(frozen=True)
class Kill:
    """Which process, and when; UTC ns."""

    victim: str
    at_ns: int


class Call:
    """A store that shows the clip and an expert, in a call that survives what is killed."""

    def __init__(self, stack: Stack, store: Member, expert: Member) -> None:
        self.stack = stack
        self.store = store
        self.expert = expert
        self.room = RoomId("")

    async def begin(self) -> None:
        self.room = await answered(self.store.tab, self.expert.tab)
        await self.store.connect(self.room)

    async def kill(self, victim: str) -> Kill:
        """kill -9, and do what a browser does then."""
        heard, recorders = len(self.store.tab.heard), len(self._recorders())
        done = Kill(victim, clock.wall_ns())
        os.kill(self.stack.pid(victim), signal.SIGKILL)
        if victim == SIGNALING:
            for member in (self.store, self.expert):
                await member.tab.until(lambda member=member: member.tab.socket is None, "the socket ends")  # type: ignore[misc]
                await member.reopen_tab()
        elif victim.startswith("media"):

            def ready() -> bool:
                return any(isinstance(m, MediaMoved) and m.ready for m in self.store.tab.heard[heard:])

            await self.store.tab.until(ready, "media may begin anew")
            await self.store.connect(self.room)
        else:
            await self.stack.until(lambda: len(self._recorders()) > recorders, "no other recorder came")
        await self.stack.ready()
        return done

    def _recorders(self) -> list[object]:
        return [*self.stack.log_lines("recorder connected")]

    async def hang_up(self) -> None:
        await self.expert.tab.do(LeaveRoom(cid=new_cid(), room=self.room))


@pytest.mark.promise("C1")
async def test_what_is_killed_in_mid_recording_costs_at_most_a_second_of_each_track(
    promise: Promise, tmp_path: Path
) -> None:
    frames = clip_frames(CLIP)
    for seed in promise.rounds():
        chance = Random(seed)
        victims = promise.size([RECORDER, WORKER], full=[RECORDER, WORKER, SIGNALING] * 3)
        chance.shuffle(victims)
        directory = tmp_path / str(seed)
        directory.mkdir()
        kills: list[Kill] = []
        async with Stack(directory) as stack, Member(stack, "store-0117") as store, Member(stack, "chen") as expert:
            call = Call(stack, store, expert)
            await call.begin()
            async with show(store, frames, seed=seed):
                for victim in victims:
                    await asyncio.sleep(chance.uniform(2.5, 4.5))
                    kills.append(await call.kill(victim))
                await asyncio.sleep(chance.uniform(2.5, 3.5))
                # The last one falls together with the end of the call.
                kills.append(await call.kill(RECORDER))
            await call.hang_up()
            ended_ns, begun = clock.wall_ns(), clock.now()
            summary = await safe(stack, expert, call.room)
            promise.measured("recovered after the last kill and the end", clock.now() - begun, limit=10.0)
            parts = _files(stack, summary, store)
        assert summary.state is RecordingState.RECOVERED
        last_s, ended_s = ((at_ns - summary.started_ns) / 1e9 for at_ns in (kills[-1].at_ns, ended_ns))
        assert last_s - 1.0 <= summary.duration_s <= ended_s + 1.0
        for kill in kills:
            _judge(promise, kill, summary, parts)


@pytest.mark.promise("C3")
@pytest.mark.full_only
async def test_a_room_whose_worker_dies_goes_on_in_the_same_recording_on_another(
    promise: Promise, tmp_path: Path
) -> None:
    frames = clip_frames(CLIP)
    for seed in promise.rounds():
        directory = tmp_path / str(seed)
        directory.mkdir()
        async with (
            Stack(directory, workers=2) as stack,
            Member(stack, "store-0117") as store,
            Member(stack, "chen") as expert,
        ):
            call = Call(stack, store, expert)
            await call.begin()
            async with show(store, frames, seed=seed):
                await asyncio.sleep(4.0)
                placed = [line for line in stack.log_lines("room placed") if line["room"] == call.room]
                await call.kill(placed[-1]["worker"])
                await asyncio.sleep(4.0)
            await call.hang_up()
            summary = await safe(stack, expert, call.room)
            parts = _files(stack, summary, store)
        assert summary.state is RecordingState.SAFE
        assert sum(len(played.marks) for _, played in parts) > 150
        assert {gap.reason for gap in summary.gaps} == {GapReason.WORKER}
        for gap in summary.gaps:
            promise.measured(f"{gap.source} missing while the room moves", gap.end_s - gap.start_s, limit=3.0)


def _files(stack: Stack, summary: RecordingSummary, store: Member) -> list[tuple[int, Played]]:
    """UTC ns of the beginning of each of the store's files, and what a player gets out of it."""
    folder = recording_of(stack, summary)
    found = []
    for part in summary.parts:
        assert part.participant == store.tab.person
        assert probe_errors(folder / part.file) == "", part.file
        played = play(folder / part.file, CLIP)
        assert part.duration_s == pytest.approx(max(played.sound_s, *(at for at, _ in played.marks), 0), abs=0.2)
        found.append((summary.started_ns + round(part.offset_s * 1e9), played))
    return found


def _judge(promise: Promise, kill: Kill, summary: RecordingSummary, parts: list[tuple[int, Played]]) -> None:
    at_s = (kill.at_ns - summary.started_ns) / 1e9
    near: list[Gap] = [gap for gap in summary.gaps if gap.start_s <= at_s + 0.5 and gap.end_s >= at_s]
    if kill.victim == SIGNALING:
        assert not near, "nobody notices"
        return
    # Up to the moment of the kill, of picture and sound each: what a player shows of it.
    shown = [start_ns + round(at * 1e9) for start_ns, played in parts for at, _ in played.marks]
    heard = [start_ns + round(at * 1e9) for start_ns, played in parts for at in played.sounds]
    for what, times_ns in (("picture", shown), ("sound", heard)):
        last_ns = max(time_ns for time_ns in times_ns if time_ns <= kill.at_ns + 100_000_000)
        promise.measured(f"{what} lost by a killed {kill.victim[:8]}", (kill.at_ns - last_ns) / 1e9, limit=1.0)
    assert {gap.reason for gap in near} <= {REASONS[kill.victim]}, near
    said = {gap.source for gap in near}
    for source, times_ns in ((Source.CAMERA, shown), (Source.MICROPHONE, heard)):
        hole_s = _hole_s(kill.at_ns, times_ns)
        assert source in said or hole_s is None or hole_s < SHORTEST_GAP_S, "what was lost is said"


def _hole_s(at_ns: int, times_ns: list[int]) -> float | None:
    """The longest hole in the half second from a kill on; None if nothing came any more, which hides it."""
    times_ns = sorted(times_ns)
    if times_ns[-1] <= at_ns:
        return None
    steps = [(before, after - before) for before, after in pairwise(times_ns)]
    near = [step for before, step in steps if before + step > at_ns and before < at_ns + 500_000_000]
    return (max(near) - median(step for _, step in steps)) / 1e9
