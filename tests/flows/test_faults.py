"""Processes die in mid-call: picture and sound go on, nothing said is lost, the recording is recovered."""

import asyncio
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from contract.ids import RoomId
from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.played import play
from tests.support.promise import Promise
from tests.support.stack import HANG_S, Stack, worker_of

pytestmark = pytest.mark.browser

STORE_CAMERA = "p-store-0117", "camera"
SAYS_SERVER = """() => new Promise((said) => {
  const look = () => document.querySelector('[data-testid=call-lost]')?.innerText.includes('服务器在切换')
    ? said() : requestAnimationFrame(look)
  look()
})"""
"""The banner says that it is not this tablet's network: looked for with every frame, it may stand for half a second."""


@pytest.mark.promise("B10")
async def test_a_killed_signaling_does_not_stop_picture_sound_or_chat(promise: Promise, tmp_path: Path) -> None:
    sight, own = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.browser(own, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, "p-store-0117", sight)
        await acts.open_chat(expert)
        await acts.open_chat(store)

        scene.expected += ["WebSocket connection", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "status of 503"]
        for number in promise.rounds():
            watching = expert.evaluate("(s) => probe.watch(s, 5000)", acts.tile("p-store-0117"))
            marks, _ = await asyncio.gather(watching, scene.stack.kill("signaling"))
            still_s = _longest_still([m["at"] for m in marks], [m["number"] for m in marks]) / 1000
            promise.measured("picture stood while signaling was killed", still_s, limit=0.5)

            text = f"服务器第 {number} 次重启的时候写的"
            await acts.write(expert, text)
            await acts.bubble(store, text).wait_for(timeout=60_000)
            await scene.stack.ready()
            await acts.ticked(expert, "read")
            assert await acts.bubble(store, text).count() == 1
        await acts.sees(expert, "p-store-0117", sight)
        await acts.hears(store, own)
        await acts.hang_up(store)
        await acts.recording_is(expert, "safe")


@pytest.mark.promise("C1")
async def test_a_killed_recorder_is_not_noticed_and_its_recording_is_kept(promise: Promise, tmp_path: Path) -> None:
    sight, own = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.browser(own, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, "p-store-0117", sight)
        kills = 0
        for _ in promise.rounds():
            kills += 1
            await store.wait_for_timeout(3_000)
            watching = expert.evaluate("(s) => probe.watch(s, 4000)", acts.tile("p-store-0117"))
            marks, _ = await asyncio.gather(watching, scene.stack.kill("recorder"))
            still_s = _longest_still([m["at"] for m in marks], [m["number"] for m in marks]) / 1000
            promise.measured("picture stood while the recorder was killed", still_s, limit=1.0)
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
            assert len(parts) == kills + 1, "one file before, one after"
            of_store = [gap for gap in replay["gaps"] if (gap["participant"], gap["source"]) == STORE_CAMERA]
            holes = [gap["end_s"] - gap["start_s"] for gap in of_store if gap["reason"] == "crash"]
            assert len(holes) == kills, "each hole is shown as a gap"
            assert kept + sum(holes) > replay["entry"]["duration_s"] - 1.0, "all of the rest is there"


@pytest.mark.full_only
@pytest.mark.promise("B6")
async def test_both_see_and_hear_again_after_their_worker_died_hung_or_all_was_restarted(
    promise: Promise, tmp_path: Path
) -> None:
    async with Scene(tmp_path, workers=2, hang_s=HANG_S) as scene:
        await _a_call_survives(promise, scene)


async def _a_call_survives(promise: Promise, scene: Scene) -> None:
    sight, own = clip(1), clip(2)
    tablet = await scene.browser(sight)
    desk = await scene.browser(own, size=DESK)
    store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
    await acts.sees(expert, "p-store-0117", sight)
    await acts.sees(store, "p-chen", own)
    room = await acts.room_of(store)
    pages = {"p-store-0117": expert, "p-chen": store}
    scene.expected += ["WebSocket connection", "ERR_", "status of 503"]
    stack = scene.stack

    async def picture_back(what: str, how: signal.Signals, *children: str, limit_s: float, watch_s: float) -> None:
        """End these processes and measure how long each picture stood."""
        watching = [
            page.evaluate("([s, ms]) => probe.watch(s, ms)", [acts.tile(person), watch_s * 1000])
            for person, page in pages.items()
        ]
        for child in children:
            os.kill(stack.pid(child), how)
        for marks in await asyncio.gather(*watching):
            still_for = _longest_still([mark["at"] for mark in marks], [mark["number"] for mark in marks])
            promise.measured(f"picture back after {what}", still_for / 1000, limit=limit_s)

    connected = 2
    for _ in promise.rounds():
        faults = [("was killed", signal.SIGKILL, 2.0), *promise.size([], full=[("froze", signal.SIGSTOP, 5.0)])]
        for what, how, limit_s in faults:
            await picture_back(
                f"their worker {what}", how, worker_of(stack, RoomId(room)), limit_s=limit_s, watch_s=limit_s + 4.0
            )
            connected += 1
            await stack.until(partial(_connected, stack, connected), "another worker")
        await acts.hears(store, own)
        await acts.hears(expert, sight)

    await picture_back("all workers were killed", signal.SIGKILL, "media-0", "media-1", limit_s=6.0, watch_s=8.0)
    connected += 2
    await stack.until(partial(_connected, stack, connected), "both workers")
    await asyncio.gather(
        picture_back("all workers froze", signal.SIGSTOP, "media-0", "media-1", limit_s=6.0, watch_s=10.0),
        *(asyncio.wait_for(page.evaluate(SAYS_SERVER), 60) for page in (store, expert)),
    )
    await acts.gone(store, "call-lost")

    await asyncio.to_thread(stack.stop)
    for page in pages.values():
        await acts.visible(page, "call-lost")
    await asyncio.to_thread(stack.start)
    up = time.monotonic()
    await acts.sees(expert, "p-store-0117", sight)
    await acts.sees(store, "p-chen", own)
    # Each `sees` looks on for a second.
    promise.measured("picture back after all was restarted", time.monotonic() - up - 2.0, limit=5.0)
    await acts.hears(store, own)
    await acts.gone(expert, "call-lost")
    await acts.hang_up(store)
    await acts.recording_is(expert, "recovered")
    async with await stack.login("chen") as http:
        replay = await (await http.get(f"/api/archive/{room}")).json()
    for person in pages:
        gaps = [gap for gap in replay["gaps"] if (gap["participant"], gap["source"]) == (person, "camera")]
        moved = min(gaps, key=lambda gap: float(gap["start_s"]))
        assert moved["reason"] == "worker", gaps
        promise.measured("gap in the recording of a room that moved", moved["end_s"] - moved["start_s"], limit=3.0)


def _connected(stack: Stack, times: int) -> bool:
    """Workers came so often by now."""
    return len(stack.log_lines("worker connected")) >= times


def _longest_still(times: list[float], numbers: list[int]) -> float:
    """The longest time, ms, in which the frame number did not change."""
    longest, since = 0.0, times[0]
    for at, before, number in zip(times[1:], numbers, numbers[1:], strict=False):
        if number != before:
            since = at
        longest = max(longest, at - since)
    return longest
