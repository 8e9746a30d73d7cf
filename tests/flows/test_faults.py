"""Processes die in mid-call: picture and sound go on, nothing said is lost, the recording is recovered."""

import asyncio
from pathlib import Path

import pytest

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.played import play

pytestmark = pytest.mark.browser


async def test_a_killed_signaling_does_not_stop_picture_sound_or_chat(tmp_path: Path) -> None:
    sight, own = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.browser(own, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, "p-store-0117", sight)
        await acts.open_chat(expert)
        await acts.open_chat(store)

        watching = expert.evaluate("(s) => probe.watch(s, 5000)", acts.tile("p-store-0117"))
        scene.expected += ["WebSocket connection", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "status of 503"]
        killed = scene.stack.kill("signaling")
        marks, _ = await asyncio.gather(watching, killed)
        times = [mark["at"] for mark in marks]
        numbers = [mark["number"] for mark in marks]
        still_for = _longest_still(times, numbers)
        assert still_for < 1000, f"the picture stood for {still_for:.0f} ms"

        await acts.write(expert, "服务器重启的时候写的")
        await acts.bubble(store, "服务器重启的时候写的").wait_for(timeout=20_000)
        await scene.stack.ready()
        await acts.ticked(expert, "read")
        assert await acts.bubble(store, "服务器重启的时候写的").count() == 1
        await acts.sees(expert, "p-store-0117", sight)
        await acts.hears(store, own)
        await acts.hang_up(store)
        await acts.recording_is(expert, "safe")


async def test_a_killed_recorder_is_not_noticed_and_its_recording_is_kept(tmp_path: Path) -> None:
    sight, own = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.browser(own, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, "p-store-0117", sight)
        await store.wait_for_timeout(3_000)
        watching = expert.evaluate("(s) => probe.watch(s, 4000)", acts.tile("p-store-0117"))
        marks, _ = await asyncio.gather(watching, scene.stack.kill("recorder"))
        still_for = _longest_still([m["at"] for m in marks], [m["number"] for m in marks])
        assert still_for < 1000, f"the picture stood for {still_for:.0f} ms"
        await scene.stack.ready()
        await store.wait_for_timeout(3_000)
        room = await acts.room_of(store)
        await acts.hang_up(store)
        await acts.recording_is(expert, "recovered")
        async with await scene.stack.login("chen") as http:
            replay = await (await http.get(f"/api/archive/{room}")).json()
            parts = [part for part in replay["parts"] if part["participant"] == "p-store-0117"]
            kept = 0.0
            for part in parts:
                answer = await http.get(f"/api/archive/{room}/files/{part['file']}")
                file = play(await answer.read(), sight.number)
                assert file.clips == {sight.number}
                kept += file.duration_s
            assert len(parts) == 2, "one file before, one after"
            holes = [g["end_s"] - g["start_s"] for g in replay["gaps"] if g["reason"] == "crash"]
            assert holes, "the hole is shown as a gap"
            assert kept + max(holes) > replay["entry"]["duration_s"] - 1.0, "all of the rest is there"


def _longest_still(times: list[float], numbers: list[int]) -> float:
    """The longest time, ms, in which the frame number did not change."""
    longest, since = 0.0, times[0]
    for at, before, number in zip(times[1:], numbers, numbers[1:], strict=False):
        if number != before:
            since = at
        longest = max(longest, at - since)
    return longest
