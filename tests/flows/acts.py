"""What people do and see in flows, in their words: one place that knows the test ids."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import FilePayload, Locator, Page

from tests.support.browsers import Browser
from tests.support.clips import Clip

PATIENCE_S = 30.0
"""For what takes a second on an idle machine. What must be quick is measured, not waited for."""


def tile(person: str) -> str:
    """The selector of a participant's picture, large or small."""
    return f"video[data-person='{person}']:not([data-own])"


async def until(
    look: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool], what: str, seconds: float = PATIENCE_S
) -> Any:
    """Poll `look` until `wanted` likes what it returns; the failure shows the last thing seen."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if wanted(seen):
            return seen
        assert time.monotonic() < deadline, f"{what}: not in {seconds:.0f} s, last seen {seen!r}"
        await asyncio.sleep(0.1)


async def visible(page: Page, test_id: str, seconds: float = PATIENCE_S) -> None:
    await page.get_by_test_id(test_id).first.wait_for(state="visible", timeout=seconds * 1000)


async def gone(page: Page, test_id: str, seconds: float = PATIENCE_S) -> None:
    await page.get_by_test_id(test_id).first.wait_for(state="hidden", timeout=seconds * 1000)


async def choose_list(admin: Page, text: str) -> None:
    """A CSV file, as a Chinese spreadsheet saves it, in the dialog that imports."""
    file = FilePayload(name="list.csv", mimeType="text/csv", buffer=text.encode("gb18030"))
    await admin.get_by_test_id("import-file").set_input_files(file)


async def call(store: Page) -> None:
    """Press the big button."""
    await store.get_by_test_id("call-hq").click()


async def answer(expert: Page) -> None:
    await expert.get_by_test_id("accept").click()


async def hang_up(page: Page) -> None:
    await page.get_by_test_id("hang-up").click()


async def sees(page: Page, person: str, clip: Clip, seconds: float = PATIENCE_S) -> None:
    """`page` shows `clip` in the picture of `person`, and its frame number advances."""

    async def look() -> Any:
        return await page.evaluate("(selector) => probe.read(selector)", tile(person))

    first = await until(look, lambda mark: mark is not None, f"a picture of {person}", seconds)
    assert first["clip"] == clip.number, f"{person} shows clip {first['clip']}, not {clip.number}"
    await until(look, lambda mark: mark is not None and mark["number"] != first["number"], "the next frame", seconds)

    async def watch() -> set[int]:
        marks = await page.evaluate("(selector) => probe.watch(selector, 1000)", tile(person))
        assert {mark["clip"] for mark in marks} <= {clip.number}
        return {mark["number"] for mark in marks}

    await until(watch, lambda numbers: len(numbers) >= 4, "four pictures in a second", seconds)


async def has_shown(page: Page, person: str, pictures: int, seconds: float = 120.0) -> None:
    """`page` has shown so many pictures of `person`, however long this machine takes for them."""

    async def count() -> Any:
        look = "(selector) => document.querySelector(selector)?.getVideoPlaybackQuality().totalVideoFrames ?? 0"
        return await page.evaluate(look, tile(person))

    await until(count, lambda shown: shown >= pictures, f"{pictures} pictures of {person}", seconds)


async def hears(page: Page, *clips: Clip, others: tuple[Clip, ...] = (), seconds: float = PATIENCE_S) -> None:
    """`page` plays the beeps of all `clips`, and none of `others`."""
    wanted = {str(clip.beep_hz) for clip in clips}
    strange = {str(clip.beep_hz) for clip in others}
    pitches = [clip.beep_hz for clip in (*clips, *others)]
    total: dict[str, int] = {}

    async def listen() -> dict[str, int]:
        heard = await page.evaluate("(pitches) => probe.hear(pitches, 1500)", pitches)
        for pitch, count in heard.items():
            total[pitch] = total.get(pitch, 0) + count
        return total

    await until(listen, lambda heard: all(heard.get(p, 0) >= 2 for p in wanted), f"beeps of {sorted(wanted)}", seconds)
    assert not any(total.get(pitch, 0) for pitch in strange), f"heard somebody else: {total}"


async def room_of(page: Page) -> str:
    """The room this tab sits in, or sat in last."""
    room = await page.evaluate("(() => { const s = passline.snapshot(); return s.current ?? s.summary; })()")
    assert isinstance(room, str), "this tab sits in no room"
    return room


async def ended(page: Page, how: str, seconds: float = PATIENCE_S) -> None:
    """The summary stands there and says how it ended."""
    await page.locator(f"[data-testid=summary][data-end={how}]").wait_for(timeout=seconds * 1000)


async def recording_is(page: Page, state: str, seconds: float = 60.0) -> None:
    """The summary says this of the recording."""
    line = page.locator(f"[data-testid=summary] [data-testid=recording-state][data-state={state}]")
    await line.wait_for(timeout=seconds * 1000)


async def open_chat(page: Page) -> None:
    if not await page.get_by_test_id("chat-input").is_visible():
        await page.get_by_test_id("chat").first.click()
    await visible(page, "chat-input")


async def write(page: Page, text: str) -> None:
    await page.get_by_test_id("chat-input").fill(text)
    await page.get_by_test_id("chat-send").click()


def bubble(page: Page, text: str) -> Locator:
    """The chat lines with this text."""
    return page.get_by_test_id("chat-line").get_by_text(text)


async def ticked(page: Page, tick: str, seconds: float = PATIENCE_S) -> None:
    """The last own message came this far."""
    await page.locator(f"[data-testid=chat-tick][data-state={tick}]").last.wait_for(timeout=seconds * 1000)


async def in_call(
    store_browser: Browser, expert_browser: Browser, store_login: str, expert_login: str
) -> tuple[Page, Page]:
    """Both sign in, the store calls, the expert answers."""
    store, expert = await asyncio.gather(store_browser.sign_in(store_login), expert_browser.sign_in(expert_login))
    await call(store)
    await answer(expert)
    await visible(store, "hang-up")
    await visible(expert, "hang-up")
    return store, expert


async def open_session(trainer: Page, *stores: str) -> None:
    """The trainer invites these stores and waits for them."""
    await trainer.get_by_test_id("session-title-zh").fill("新品：藤椒鸡腿饭")
    for store in stores:
        await trainer.get_by_test_id(f"invite-{store}").check()
    await trainer.get_by_test_id("open-session").click()
    await visible(trainer, "close-room")


async def join_session(store: Page) -> None:
    """A store that was invited agrees to be recorded."""
    await store.get_by_test_id("join-session").click()
    await store.get_by_test_id("consent-agree").click()
    await visible(store, "leave-room")


async def replays_in_step(page: Page, people: dict[str, Clip]) -> None:
    """The replay page plays everybody's picture, the right one each, and all go on together."""
    await page.get_by_test_id("replay-play").click()
    look = "(people) => people.map((person) => probe.read(`[data-testid=replay-video][data-person='${person}']`))"

    async def marks() -> Any:
        return await page.evaluate(look, list(people))

    first = await until(marks, all, "every picture plays")
    assert [mark["clip"] for mark in first] == [clip.number for clip in people.values()]
    await until(
        marks,
        lambda seen: all(seen) and all(a["number"] != b["number"] for a, b in zip(first, seen, strict=True)),
        "every picture goes on",
    )
    apart = "() => [...document.querySelectorAll('[data-testid=replay-video]')].map((video) => video.currentTime)"

    async def drift() -> float:
        distances = [max(times) - min(times) for times in [await page.evaluate(apart) for _ in range(5)]]
        return float(max(distances) - min(distances))

    await until(drift, lambda drifted: drifted < 0.1, "the pictures do not drift apart")
