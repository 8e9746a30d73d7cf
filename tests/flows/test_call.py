"""A store calls headquarters: live on both sides, recorded, replayed."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from runtime import clock
from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.played import offset_s, play

pytestmark = pytest.mark.browser

LOOKED_ON_MS = 12_000
CLOCKS_MS = 50
"""A server may note a moment rounded."""
PLAYERS = """
const create = document.createElement.bind(document);
globalThis.players = [];
document.createElement = (...asked) => {
  const made = create(...asked);
  if (asked[0] === 'video') players.push(made);
  return made;
};
"""
"""Every <video> that the page makes from now on, drawn or not."""


@pytest.mark.alone
async def test_a_call_is_seen_heard_recorded_and_replayed_by_both(tmp_path: Path) -> None:
    store_clip, expert_clip = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(store_clip)
        desk = await scene.browser(expert_clip, size=DESK)
        store, expert = await tablet.sign_in("store-0117"), await desk.sign_in("chen")
        await expert.evaluate(PLAYERS)
        await acts.call(store)
        await acts.until(
            lambda: expert.evaluate("players.some((player) => player.srcObject && !player.paused)"),
            bool,
            "the picture has a player while it rings",
        )
        await acts.visible(expert, "accept")
        await acts.answer(expert)
        await acts.visible(expert, "main-video")
        assert await expert.evaluate("players[0].dataset.testid") == "main-video", "it played before it was shown"
        room = await acts.room_of(store)
        await acts.sees(expert, "p-store-0117", store_clip)
        await acts.sees(store, "p-chen", expert_clip)
        seen_ms = clock.wall_ms()
        await acts.hears(expert, store_clip, others=(expert_clip,))
        await acts.hears(store, expert_clip, others=(store_clip,))
        times = await acts.until(
            lambda: expert.evaluate("passline.snapshot().rooms[0].call.timings"),
            lambda found: found["first_frame"] and found["first_audio"],
            "the first picture and sound are told",
        )
        assert times["answer"] <= min(times["first_frame"], times["first_audio"])
        sent = await store.evaluate("(hz) => probe.sent(hz, 6000)", store_clip.beep_hz)

        await acts.open_chat(expert)
        await acts.write(expert, "先把温控旋到 0")
        await acts.open_chat(store)
        await acts.bubble(store, "先把温控旋到 0").wait_for()
        await acts.ticked(expert, "read")

        await expert.get_by_test_id("take-still").click()
        await expert.get_by_test_id("still").first.wait_for()
        await acts.visible(store, "open-stills")

        async def pointed() -> int:
            await _point(expert)
            return await store.locator("[data-testid=pointer-dots][data-pointing='p-chen']").count()

        await acts.until(pointed, bool, "the pointer arrives")

        while clock.wall_ms() - seen_ms < LOOKED_ON_MS:
            await store.wait_for_timeout(200)
        hung_up_ms = clock.wall_ms()
        await acts.hang_up(expert)
        for page in (store, expert):
            await acts.recording_is(page, "safe")

        async with await scene.stack.login("chen") as http:
            replay = await (await http.get(f"/api/archive/{room}")).json()
            answered_ms, closed_ms = replay["timings"]["answer"], replay["entry"]["closed_at"]
            length = (closed_ms - answered_ms) / 1000
            assert answered_ms < seen_ms
            assert closed_ms > hung_up_ms - CLOCKS_MS
            parts = {part["participant"]: part for part in replay["parts"]}
            assert set(parts) == {"p-store-0117", "p-chen"}, "one file each"
            for person, shown in (("p-store-0117", store_clip), ("p-chen", expert_clip)):
                answer = await http.get(f"/api/archive/{room}/files/{parts[person]['file']}")
                file = play(await answer.read(), shown.number)
                assert file.clips == {shown.number}, "the right pictures, and no others"
                assert file.readable > 0.95
                part = parts[person]
                assert abs(file.duration_s - part["duration_s"]) < 0.3
                assert part["offset_s"] < (seen_ms - answered_ms) / 1000 + 0.3, "from the first picture on"
                assert abs(file.duration_s - file.sound_s) < 0.3
                assert len(file.beeps) >= file.duration_s - 3
                if person == "p-store-0117":
                    live = offset_s([at / 1000 for at in sent["flashes"]], [at / 1000 for at in sent["beeps"]])
                    kept = offset_s(file.flashes, file.beeps)
                    assert abs((kept - live + 0.5) % 1.0 - 0.5) < 0.08, f"A/V: {live:.3f} s live, {kept:.3f} s recorded"
            assert abs(replay["entry"]["duration_s"] - length) < 1.0
            assert all(abs(part["offset_s"] + part["duration_s"] - length) < 1.0 for part in replay["parts"])
            kinds = {chapter["kind"] for chapter in replay["chapters"]}
            assert {"joined", "still", "chat"} <= kinds
            assert replay["points"], "the pointer is on the timeline"

        fresh = await scene.browser(size=DESK)
        page = await fresh.sign_in("chen")
        await page.goto(f"{scene.stack.url}/archive/{room}")
        await acts.replays_in_step(page, {"p-store-0117": store_clip, "p-chen": expert_clip})


async def _point(expert: Page) -> None:
    """Move the pointer over the store's picture."""
    box = await expert.locator(acts.tile("p-store-0117")).first.bounding_box()
    assert box is not None
    await expert.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    for step in range(20):
        await expert.mouse.move(box["x"] + box["width"] * (0.4 + step / 100), box["y"] + box["height"] * 0.5)
