"""The store's network fails in mid-call: the call goes on, and who waits is told why.

The store's Chromium sits behind a wire of its own with 10 ms each way, the expert beside the server. Times run from the
moment the network is back to the first new frame on a screen.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.network import Network
from tests.support.promise import Promise

pytestmark = pytest.mark.browser

STORE, EXPERT = "p-store-0117", "p-chen"
OFFLINE = ["ERR_", "WebSocket connection", "status of 503", "status of 429"]
"""What a browser's console says of a network that is not there."""
LOOK_MS = 60_000
SHORT_CUT_S = 8.0
GAP_MS = 9_000


@contextlib.asynccontextmanager
async def call_over(
    directory: Path, network: Network, beyond: Network | None = None
) -> AsyncIterator[tuple[Scene, Page, Page]]:
    """A call between a store behind `network` and an expert, behind `beyond` if given, both seeing each other."""
    async with Scene(directory, host="0.0.0.0") as scene:
        scene.expected += OFFLINE
        tablet = await scene.browser(clip(1), network=network)
        desk = await scene.browser(clip(2), size=DESK, network=beyond)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, STORE, clip(1))
        await acts.sees(store, EXPERT, clip(2))
        yield scene, store, expert


async def back_after(act: Coroutine[None, None, None], store: Page, expert: Page) -> float:
    """Seconds from `act` until both screens show a frame of the other that they did not show before."""
    looks = [(expert, acts.tile(STORE)), (store, acts.tile(EXPERT))]
    marks = [await page.evaluate("(s) => probe.read(s)", tile) for page, tile in looks]
    look = "([s, old, ms]) => probe.next(s, old, ms)"
    async with asyncio.TaskGroup() as tasks:
        waits = [
            tasks.create_task(page.evaluate(look, [tile, mark and mark["number"], LOOK_MS]))
            for (page, tile), mark in zip(looks, marks, strict=True)
        ]
        await act
    times: list[float | None] = [wait.result() for wait in waits]
    seen = [time / 1000 for time in times if time is not None]
    assert len(seen) == len(looks), f"no new frame in {LOOK_MS / 1000:.0f} s: {times}"
    return max(seen)


async def gap_around(act: Coroutine[None, None, None], store: Page, expert: Page) -> float:
    """The longest time, s, without a new frame on either screen, in the GAP_MS from just before `act` on."""
    look = "([s, ms]) => probe.watch(s, ms)"
    async with asyncio.TaskGroup() as tasks:
        watches = [
            tasks.create_task(page.evaluate(look, [tile, GAP_MS]))
            for page, tile in [(expert, acts.tile(STORE)), (store, acts.tile(EXPERT))]
        ]
        await act
    longest_ms = 0.0
    for watch in watches:
        marks = watch.result()
        moved = [0.0, *(b["at"] for a, b in pairwise(marks) if a["number"] != b["number"]), float(GAP_MS)]
        longest_ms = max(longest_ms, *(after - before for before, after in pairwise(moved)))
    return longest_ms / 1000


async def generation(page: Page) -> int:
    """The number of the PeerConnection in use."""
    return int(await page.evaluate("passline.generation()"))


@pytest.mark.full_only
@pytest.mark.promise("B1")
async def test_the_first_pictures_come_soon_after_the_answer(promise: Promise, tmp_path: Path) -> None:
    async with Network() as network, Scene(tmp_path, host="0.0.0.0") as scene:
        tablet = await scene.browser(clip(1), network=network)
        desk = await scene.browser(clip(2), size=DESK)
        store, expert = await tablet.sign_in("store-0117"), await desk.sign_in("chen")
        for _ in promise.rounds():
            for _ in range(promise.size(1, full=3)):
                await acts.call(store)
                await acts.visible(expert, "accept")
                first_s = await back_after(acts.answer(expert), store, expert)
                promise.measured("first pictures on both screens", first_s, limit=1.5)
                await acts.hang_up(store)
                for page in (store, expert):
                    await acts.ended(page, "hung_up")
                    await page.get_by_test_id("home").click()


@pytest.mark.promise("B2")
async def test_a_short_cut_ends_with_the_same_connection(promise: Promise, tmp_path: Path) -> None:
    async with Network() as network, call_over(tmp_path, network) as (_, store, expert):
        for _ in promise.rounds():
            before = await generation(store)
            mended_at = asyncio.get_running_loop().time() + SHORT_CUT_S
            await network.cut()
            await acts.visible(store, "call-lost")
            await acts.visible(expert, "other-away")
            await asyncio.sleep(max(0.0, mended_at - asyncio.get_running_loop().time()))
            back_s = await back_after(network.mend(), store, expert)
            promise.measured("pictures back after a cut of 8 s", back_s, limit=2.0)
            await acts.gone(store, "call-lost")
            await acts.gone(expert, "other-away")
            assert await generation(store) == before, "it was another connection"


@pytest.mark.full_only
@pytest.mark.promise("B3")
async def test_a_long_cut_ends_with_a_new_connection_and_everything_kept(promise: Promise, tmp_path: Path) -> None:
    async with Network() as network, call_over(tmp_path, network) as (_, store, expert):
        await store.get_by_test_id("mute").click()
        for seed in promise.rounds():
            await acts.until(lambda: muted(expert, STORE), bool, "the expert knows")
            before = await generation(store)
            await network.cut()
            await asyncio.sleep(45.0 if seed % 2 else 20.0)
            back_s = await back_after(network.mend(), store, expert)
            promise.measured("pictures back after a cut of 45, 20, 45 s", back_s, limit=3.0)
            assert await generation(store) > before, "it was the same connection"
            assert await store.get_by_test_id("mute").get_attribute("aria-pressed") == "true"
            assert await muted(expert, STORE)
            await acts.sees(store, EXPERT, clip(2))
            await acts.sees(expert, STORE, clip(1))
            await acts.hears(store, clip(2))


@pytest.mark.promise("B4")
async def test_the_call_moves_to_another_network(promise: Promise, tmp_path: Path) -> None:
    async with Network() as network, call_over(tmp_path, network) as (_, store, expert):
        for _ in promise.rounds():
            gap_s = await gap_around(network.switch(after_s=0.5), store, expert)
            promise.measured("the whole gap of a change of network", gap_s, limit=5.0)
            await acts.gone(store, "call-lost")


@pytest.mark.full_only
@pytest.mark.promise("B5")
async def test_a_device_with_two_networks_loses_the_one_in_use(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with Network(seed=seed) as network:
            await network.second()
            await network.set(delay_ms=40.0)  # so that the first one is taken
            first, _ = network.addresses
            async with call_over(tmp_path / str(seed), network) as (_, store, expert):
                await acts.until(lambda: own_address(store), first.__eq__, "the first one is in use")
                gap_s = await gap_around(network.lose(), store, expert)
                promise.measured("the whole gap with another network at hand", gap_s, limit=5.0)
                await acts.gone(store, "call-lost")


@pytest.mark.full_only
@pytest.mark.promise("B5")
async def test_a_device_with_two_networks_is_not_told_that_the_one_in_use_is_dead(
    promise: Promise, tmp_path: Path
) -> None:
    """Signaling is as dead as the media, so the page can do nothing. Chromium takes another way by its own clock, 3.5
    to 4 s after the last packet (2.5 s without any, seen up to half a second later, and 1 s to be sure)."""
    for seed in promise.rounds():
        async with Network(seed=seed) as network:
            await network.second()
            await network.set(delay_ms=40.0)  # so that the first one is taken
            first, second = network.addresses
            async with call_over(tmp_path / str(seed), network) as (_, store, expert):
                await acts.until(lambda: own_address(store), first.__eq__, "the first one is in use")
                gap_s = await gap_around(network.deaden(), store, expert)
                promise.measured("the whole gap when a network dies in silence", gap_s, limit=5.0)
                await acts.until(lambda: own_address(store), second.__eq__, "the second one is in use")


async def own_address(page: Page) -> str | None:
    """Where this page's media leaves its device."""
    rows = {row["id"]: row for row in await page.evaluate("passline.stats()")}
    used = next((row.get("selectedCandidatePairId") for row in rows.values() if row["type"] == "transport"), None)
    near = rows.get(rows.get(used, {}).get("localCandidateId"), {})
    address = near.get("address")
    return address if isinstance(address, str) else None


@pytest.mark.full_only
@pytest.mark.promise("B16")
async def test_a_lossy_network_tears_nothing_down(promise: Promise, tmp_path: Path) -> None:
    async with Network() as network, call_over(tmp_path, network) as (_, store, expert):
        before = await generation(store), await generation(expert)
        for _ in promise.rounds():
            await network.set(loss=0.3)
            await acts.visible(store, "weak-link", seconds=25.0)
            await asyncio.sleep(10.0)
            await network.set(loss=0.0)
            back_s = await back_after(asyncio.sleep(0), store, expert)
            promise.measured("pictures move after 30 % loss", back_s, limit=2.0)
            assert (await generation(store), await generation(expert)) == before, "a connection was torn down"
            await acts.gone(store, "weak-link", seconds=30.0)


@pytest.mark.full_only
@pytest.mark.promise("B18")
async def test_a_vanished_store_is_away_soon_and_its_seat_is_free_in_half_a_minute(
    promise: Promise, tmp_path: Path
) -> None:
    for seed in promise.rounds():
        async with Network(seed=seed) as network, call_over(tmp_path / str(seed), network) as (scene, _, expert):
            room = await acts.room_of(expert)
            began = time.monotonic()
            await scene.browsers[0].vanish()
            await acts.visible(expert, "other-away", seconds=15.0)
            promise.measured("away", time.monotonic() - began, limit=6.0)
            await acts.until(lambda: forwarded(expert, STORE), lambda seen: not seen, "its slots are empty")
            promise.measured("forwarding ends", time.monotonic() - began, limit=15.0)
            await acts.ended(expert, "failed", seconds=65.0)
            free_s = time.monotonic() - began
            promise.measured("seat free", free_s, limit=30.0)
            await acts.recording_is(expert, "safe")
            async with await scene.stack.login("chen") as http:
                replay = await (await http.get(f"/api/archive/{room}")).json()
            gaps = [gap for gap in replay["gaps"] if gap["participant"] == STORE and gap["source"] == "camera"]
            assert [gap["reason"] for gap in gaps] == ["network"]
            promise.measured("recording ends", free_s - (gaps[0]["end_s"] - gaps[0]["start_s"]), limit=15.0)


async def forwarded(page: Page, person: str) -> bool:
    """Whether anything of `person` fills a slot of this page."""
    remote = await page.evaluate("passline.snapshot().remote")
    return any(one["person"] == person for one in remote)


async def muted(page: Page, person: str) -> bool:
    """Whether this page knows `person` as muted."""
    rooms = await page.evaluate("passline.snapshot().rooms")
    return any(one["muted"] for room in rooms for one in room["members"] if one["person"]["id"] == person)
