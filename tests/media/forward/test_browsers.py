"""Chromium in a real room: the right picture in every slot, clean switches, repaired losses."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from playwright.async_api import Page

from contract.data import PointAt, SlotSize
from contract.ids import LegId, PersonId, RoomId
from contract.media import Grants, Source
from contract.nodes import LegState
from media.forward.room import MediaRoom
from media.peer.leg import Leg
from runtime import clock
from tests.support.browsers import Browser, chromium, firefox, playwright
from tests.support.loop import Loop, serve
from tests.support.until import PATIENCE_S, until

pytestmark = [pytest.mark.browser, pytest.mark.alone]

ALL = Grants(publish=True, subscribe=True, record=False)
WATCH = """
window.seen = [];
for (const video of document.querySelectorAll('video')) {
  const pen = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
  const look = (now) => {
    pen.drawImage(video, 0, video.videoHeight * 0.6, video.videoWidth, video.videoHeight * 0.4, 0, 0, 8, 8);
    const [r, g, b] = pen.getImageData(4, 4, 1, 1).data;
    const colour = r > 128 && g < 100 ? 'red' : b > 128 && r < 100 ? 'blue' : `${r},${g},${b}`;
    seen.push([now, colour]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}
true
"""
COLOURS = {"red": "#f00", "blue": "#00f"}


class RealRoom(Loop):
    """Real peers in one MediaRoom; the n-th client is participant p-n."""

    def __init__(self) -> None:
        super().__init__()
        self.room = MediaRoom(RoomId("room"), events=self, seed=1)
        self.live: set[tuple[PersonId, Source]] = set()
        self.loss = 0.0
        self.lost = 0
        self._random = Random(1)
        self.scope.spawn(self._ticks(), name="ticks")

    async def _ticks(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            self.mux.plane.report()
            self.room.tick(clock.now(), clock.wall_ns())

    def publication_live(self, participant: PersonId, source: Source) -> None:
        self.live.add((participant, source))

    def publication_ended(self, participant: PersonId, source: Source) -> None:
        self.live.discard((participant, source))

    def leg_up(self, leg: Leg) -> None:
        straight = leg.send_rtp

        def lossy(packet: bytes) -> None:
            if self._random.random() < self.loss:
                self.lost += 1
            else:
                straight(packet)

        leg.send_rtp = lossy  # type: ignore[method-assign]  # the way down loses packets
        self.room.add_leg(leg, leg.sections, ALL, host=False, now=clock.now())
        leg.on_rtp, leg.on_rtcp = self.room.on_rtp, self.room.on_rtcp

    def leg_ready(self, leg: Leg) -> None:
        self.room.leg_ready(leg.id, clock.now(), clock.wall_ns())

    def leg_point(self, leg: Leg, point: PointAt) -> None:
        self.room.on_point(leg.id, point, clock.now(), clock.wall_ns())

    def leg_slot_size(self, leg: Leg, size: SlotSize) -> None:
        self.room.on_slot_size(leg.id, size)

    def leg_changed(self, leg: Leg) -> None:
        super().leg_changed(leg)
        if leg.state is LegState.CLOSED:
            self.room.remove_leg(LegId(leg.id), clock.wall_ns())

    def host(self, participant: str, others: list[str]) -> None:
        for other in [*others, participant]:
            self.room.set_grants(
                PersonId(other), ALL, host=other == participant, now=clock.now(), wall_ns=clock.wall_ns()
            )


async def come(evaluate: Callable[[str], Awaitable[Any]], count: int, since: int = 0) -> list[tuple[float, str]]:
    """At least so many pictures that a page which watches saw, from number `since` on, waited for."""
    async with asyncio.timeout(PATIENCE_S):
        while len(seen := await evaluate(f"seen.slice({since})")) < count:  # noqa: ASYNC110 - another process sees
            await asyncio.sleep(0.05)
    return [(at, what) for at, what in seen]


@pytest.fixture
async def server() -> AsyncIterator[tuple[RealRoom, Browser]]:
    real = RealRoom()
    runner, port = await serve(real)
    try:
        async with playwright() as driver, chromium(driver, f"http://127.0.0.1:{port}") as browser:
            yield real, browser
    finally:
        await runner.cleanup()
        await real.aclose()


async def join(real: RealRoom, browser: Browser, colour: str | None, *, stage: int = 1, busy: int = 0) -> Page:
    """`busy`: so many squares of noise make the picture cost bits."""
    page = await browser.page()
    options: dict[str, Any] = {"stage": stage, "floor": 1}
    if colour:
        options |= {"colour": COLOURS[colour], "hz": 500 if colour == "red" else 1000, "busy": busy}
    ready = sum(state is LegState.CONNECTED for _, state in real.states)
    await page.evaluate("options => go(options)", options)
    await until(lambda: sum(state is LegState.CONNECTED for _, state in real.states) > ready)
    return page


async def test_slots_show_the_right_person_over_many_switches(server: tuple[RealRoom, Browser]) -> None:
    real, browser = server
    await join(real, browser, "red")
    await join(real, browser, "blue")
    await until(lambda: len(real.live) == 4)
    viewer = await join(real, browser, None)
    await viewer.evaluate(WATCH)
    await come(viewer.evaluate, 20)
    first_foreign, gaps = 0, []
    for turn in range(8):
        who, other, colour = ("p-2", "p-1", "blue") if turn % 2 == 0 else ("p-1", "p-2", "red")
        before = await viewer.evaluate("seen.length") - 1
        real.host(who, [other])
        async with asyncio.timeout(PATIENCE_S):
            while colour not in {what for _, what in await come(viewer.evaluate, 2, before)}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        right = next(at for at, (_, what) in enumerate(await come(viewer.evaluate, 2, before)) if what == colour)
        seen = await come(viewer.evaluate, right + 15, before)
        first_foreign += sum(what != colour for _, what in seen[right:])
        gaps.append(max(after[0] - sooner[0] for sooner, after in pairwise(seen[: right + 10])))
    assert first_foreign == 0
    gaps.sort()
    assert gaps[len(gaps) // 2] < 400
    received = await viewer.evaluate("received()")
    video = next(inbound for inbound in received if inbound["kind"] == "video" and inbound["packets"])
    assert video["lost"] == 0
    assert not real.mux.dropped["bug"]


async def test_losses_on_the_way_down_are_repaired(server: tuple[RealRoom, Browser]) -> None:
    real, browser = server
    await join(real, browser, "red")
    viewer = await join(real, browser, None)
    await until(lambda: real.room.counters.get("packets_out", 0) > 100)
    await asyncio.sleep(1)
    real.loss = 0.05
    await until(lambda: real.room.counters.get("packets_repeated", 0) > 5, within_s=40.0)
    real.loss = 0.0
    stats: dict[str, Any] = {}
    # What was lost stays lost in the stream's own count; it came by the retransmission stream.
    async with asyncio.timeout(PATIENCE_S):
        while not stats or not stats["retransmittedPacketsReceived"] >= stats["packetsLost"] > 0:
            await asyncio.sleep(0.2)
            stats = await viewer.evaluate(
                "(async () => { let out; (await pc.getStats()).forEach((s) => {"
                "if (s.type === 'inbound-rtp' && s.kind === 'video') out = s; }); return out; })()"
            )
    assert real.lost > 5
    assert stats["totalFreezesDuration"] < 1.0
    assert stats["framesDecoded"] > 20


@pytest.mark.beside
async def test_chromium_and_firefox_see_each_other(server: tuple[RealRoom, Browser]) -> None:
    real, browser = server
    page = await join(real, browser, "red")
    async with firefox(browser.url) as other:

        async def inside(expression: str) -> Any:
            # The driver's script runs beside the page; this is the page's own world.
            script = f"(async () => JSON.stringify(await ({expression})))()"
            return json.loads(await other.evaluate(f"window.wrappedJSObject.eval({json.dumps(script)})"))

        await inside("go({stage: 1, floor: 1, colour: '#00f', hz: 1000})")
        await until(lambda: len(real.live) == 4)
        await page.evaluate(WATCH)
        await come(page.evaluate, 20)
        assert {what for _, what in (await come(page.evaluate, 30))[20:]} == {"blue"}
        got: dict[str, Any] = {}
        async with asyncio.timeout(PATIENCE_S):
            while got.keys() < {"video", "audio"} or got["video"]["frames"] <= 20 or got["audio"]["packets"] <= 50:
                await asyncio.sleep(0.1)
                got = {inbound["kind"]: inbound for inbound in await inside("received()") if inbound["packets"]}
    assert not real.mux.dropped["bug"]


async def may_send_bps(page: Page) -> float:
    """What Chromium believes that it may send."""
    found: float = await page.evaluate(
        "(async () => { const all = [...(await pc.getStats()).values()];"
        "const used = all.find((one) => one.type === 'transport')?.selectedCandidatePairId;"
        "return all.find((one) => one.id === used)?.availableOutgoingBitrate || 0; })()"
    )
    return found


async def test_chromium_measures_its_uplink_and_keeps_to_what_its_watchers_can_take(
    server: tuple[RealRoom, Browser],
) -> None:
    real, browser = server
    publisher = await join(real, browser, "red", busy=40)  # a picture that needs little proves little
    await join(real, browser, None)
    ours, theirs = (real.room._legs[leg] for leg in list(real.legs))
    assert ours.numbers_by
    assert theirs.numbering is not None
    await reaches(publisher, lambda bps: bps > 310_000)  # it begins with 300 000
    await until(lambda: theirs.estimate.sending.arriving_bps > 20_000, within_s=20.0)

    def narrow(videos: int, now: float) -> int:
        return 150_000

    theirs.estimate.share_bps = narrow  # type: ignore[method-assign]
    await reaches(publisher, lambda bps: bps < 155_000)
    del theirs.estimate.share_bps
    await reaches(publisher, lambda bps: bps > 180_000)
    assert not real.mux.dropped["bug"]


async def reaches(page: Page, wanted: Callable[[float], bool]) -> None:
    """Wait until what Chromium may send is as wanted."""
    deadline = clock.now() + 40.0
    while not wanted(seen := await may_send_bps(page)):
        assert clock.now() < deadline, seen
        await asyncio.sleep(0.2)


async def test_chromium_tells_which_packets_came_and_takes_padding_for_nothing(
    server: tuple[RealRoom, Browser],
) -> None:
    real, browser = server
    await join(real, browser, "red")
    viewer = await join(real, browser, None)
    leg = real.room._legs[list(real.legs)[1]]
    await until(lambda: leg.estimate.sending.arriving_bps > 20_000, within_s=20.0)
    leg.estimate.sending.bps = 200_000
    # The link is as fast as can be: trains of padding find that out.
    await until(lambda: (leg.estimate.sending.bps or 0) > 1_500_000, within_s=40.0)
    received = {inbound["kind"]: inbound for inbound in await viewer.evaluate("received()") if inbound["packets"]}
    assert received["video"]["lost"] == 0
    frames = received["video"]["frames"]
    await reads_on(viewer, frames)


async def reads_on(page: Page, frames: int) -> None:
    """Wait until more than so many frames were decoded."""
    deadline = clock.now() + 10.0
    while True:
        found = await page.evaluate("received()")
        if any(inbound["frames"] > frames + 5 for inbound in found if inbound["kind"] == "video"):
            return
        assert clock.now() < deadline
        await asyncio.sleep(0.1)
