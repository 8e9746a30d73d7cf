"""How quick a call is in real Chromium: from the tap to the ring, from the answer to both pictures.

Two Chromium processes, the store's tablet and the expert's desk, with Chromium's own fake camera at 640x360, call each
other through a whole Passline on this machine; then a session shows how quickly a slot changes its person. Times are
taken in the pages, from the click itself to the ring's element, or to when a picture is on the screen: its first frame
(the `expectedDisplayTime` of `requestVideoFrameCallback`) and its place in the page (Element Timing). Both pages share
the machine's clock.
"""

import array
import asyncio
import contextlib
import math
import statistics
import tempfile
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, Playwright, async_playwright

from passline.bench.serving import serving
from passline.bench.switch import WATCH, switches
from passline.demo import PASSWORD

CALLS = 20
CALL_S = 30.0
"""If it takes longer until both pictures are there the bench ends."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--allow-loopback-in-peer-connection",
)
CLOCK = """
globalThis.clock = () => performance.timeOrigin + performance.now();
// The time at which an element with this test id can be seen.
globalThis.shown = (id) => new Promise((done) => {
  const look = () => {
    const element = document.querySelector(`[data-testid='${id}']`);
    element && element.offsetParent !== null ? done(clock()) : setTimeout(look, 2);
  };
  look();
});
// What a page makes for a picture tells when the first frame of it was presented, or of those that were until the page
// had time for the callback, the last.
const create = Document.prototype.createElement;
Document.prototype.createElement = function (...asked) {
  const element = create.apply(this, asked);
  if (asked[0] === 'video')
    element.first = new Promise((done) =>
      element.requestVideoFrameCallback((_now, frame) => done(performance.timeOrigin + frame.expectedDisplayTime)));
  return element;
};
// The time at which what the page holds now is on the screen, as the browser says of a dot that was put beside it.
globalThis.drawn = () => new Promise((done) => {
  const dot = create.call(document, 'p');
  Object.assign(dot, { textContent: '.', style: 'position: fixed; top: 0; left: 0; color: gray' });
  dot.setAttribute('elementtiming', 'dot');
  new PerformanceObserver((list, observer) => {
    const entry = list.getEntries().find(({ element }) => element === dot);
    if (!entry) return;
    observer.disconnect();
    dot.remove();
    done(performance.timeOrigin + entry.startTime);
  }).observe({ type: 'element' });
  document.body.append(dot);
});
// What `find` finds, asked whenever the page changes.
globalThis.changed = (find) => new Promise((done) => {
  const look = () => {
    const found = find();
    if (!found) return;
    changes.disconnect();
    done(found);
  };
  const changes = new MutationObserver(look);
  changes.observe(document, { subtree: true, childList: true, attributeFilter: ['data-person'] });
  look();
});
// The time at which somebody's picture can be seen: a frame of it is there, and its place in the page is drawn.
globalThis.framed = async (person) => {
  for (;;) {
    const video = await changed(() => document.querySelector(`video[data-person='${person}']:not([data-own])`));
    const gone = changed(() => !video.isConnected);
    const times = await Promise.race([gone, Promise.all([video.first, drawn()])]);
    if (video.isConnected) return Math.max(...times);
  }
};
globalThis.tap = (id) => { const at = clock(); document.querySelector(`[data-testid='${id}']`).click(); return at; };
"""


def run(calls: int = CALLS) -> dict[str, Any]:
    """`{"answer_to_first_frame_ms": {"p50", "p95"}, …}` over `calls` calls, all in ms."""
    return asyncio.run(_run(calls))


async def _run(calls: int) -> dict[str, Any]:
    times: dict[str, list[float]] = {
        "tap_to_ring_ms": [],
        "answer_to_first_frame_ms": [],
        "answer_to_expert_frame_ms": [],
    }
    async with _server() as url, async_playwright() as driver:
        async with browsers(driver, url, "store-0117", "chen") as (store, expert):
            for number in range(calls + 1):
                sample = await one_call(store, expert)
                if number:  # the first warms the caches of both browsers
                    for name, value in sample.items():
                        times[name].append(value)
        people = ("he", "store-0108", "store-0117", "store-0131")
        async with browsers(driver, url, *people, script=WATCH) as (trainer, viewer, one, two):
            speakers = {"p-store-0117": one, "p-store-0131": two}
            times["slot_switch_gap_ms"] = await switches(trainer, viewer, speakers)
    return {"calls": calls, **{name: _percentiles(values) for name, values in times.items()}}


async def one_call(store: Page, expert: Page, button: str = "call-hq", *, alone: bool = True) -> dict[str, float]:
    """The times of a call of the store 0117 by this button, which rings chen, each named as in the figures.

    Alone: the next one is not beside the copying of this one's recording.
    """
    async with asyncio.timeout(CALL_S):
        ringing = asyncio.ensure_future(expert.evaluate("shown('accept')"))
        tapped = await store.evaluate(f"tap('{button}')")
        rang = await ringing
        # People need a moment to answer; meanwhile both sides connect.
        await asyncio.sleep(0.8)
        expert_frame = asyncio.ensure_future(store.evaluate("framed('p-chen')"))
        answered = await expert.evaluate(
            "(async () => { const at = tap('accept'); return [at, await framed('p-store-0117')]; })()"
        )
        shown = await expert_frame
    await asyncio.sleep(0.1)
    await expert.get_by_test_id("hang-up").click()
    if alone:
        await expert.locator("[data-testid=recording-state][data-state=safe]").first.wait_for()
    for page in (store, expert):
        await page.get_by_test_id("home").click()
    await store.get_by_test_id(button).wait_for()
    return {
        "tap_to_ring_ms": rang - tapped,
        "answer_to_first_frame_ms": answered[1] - answered[0],
        "answer_to_expert_frame_ms": shown - answered[0],
    }


@contextlib.asynccontextmanager
async def _server() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="passline-bench-") as directory:
        async with serving(Path(directory) / "data", "--demo") as (url, _supervisor):
            yield url


@contextlib.asynccontextmanager
async def browsers(driver: Playwright, url: str, *logins: str, script: str = "") -> AsyncIterator[list[Page]]:
    """One for each, started at the same time, whose pages begin with `script`."""
    async with contextlib.AsyncExitStack() as stack:
        begun = (stack.enter_async_context(browser(driver, url, login, script)) for login in logins)
        yield await asyncio.gather(*begun)


@contextlib.asynccontextmanager
async def browser(driver: Playwright, url: str, login: str, script: str) -> AsyncIterator[Page]:
    with tempfile.TemporaryDirectory(prefix="passline-bench-profile-", ignore_cleanup_errors=True) as profile:
        context: BrowserContext = await driver.chromium.launch_persistent_context(
            profile,
            executable_path="/usr/bin/chromium",
            headless=True,
            args=[*FLAGS, f"--use-file-for-fake-audio-capture={_voice(Path(profile))}"],
            chromium_sandbox=False,
            viewport={"width": 1280, "height": 800},
            permissions=["camera", "microphone"],
        )
        try:
            await context.add_init_script(CLOCK)
            if script:
                await context.add_init_script(script)
            await context.add_init_script("sessionStorage.setItem('passline.video', '640x360')")
            await context.add_init_script("sessionStorage.setItem('passline.audio', 'raw')")
            page = await context.new_page()
            await page.goto(url)
            await page.get_by_test_id("login").fill(login)
            await page.get_by_test_id("password").fill(PASSWORD)
            await page.get_by_test_id("sign-in").click()
            await page.get_by_test_id("sign-out").first.wait_for(state="attached")
            while await page.evaluate("passline.snapshot().link") != "online":
                await page.wait_for_timeout(20)
            yield page
        finally:
            await context.close()


def _voice(directory: Path) -> Path:
    """Four seconds of a hum that swells like syllables: what the level meters of the room take for speech."""
    rate_hz = 48_000
    samples = array.array("h")
    for n in range(4 * rate_hz):
        swell = 0.5 - 0.5 * math.cos(2 * math.pi * 4 * n / rate_hz)
        samples.append(round(12_000 * swell * math.sin(2 * math.pi * 220 * n / rate_hz)))
    path = directory / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())
    return path


def _percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return {"p50": round(statistics.median(values), 1), "p95": round(cuts[18], 1), "max": round(max(values), 1)}
