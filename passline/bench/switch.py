"""How long a picture stands still when a slot changes its person: a session in real Chromium.

A tablet has two stage slots; the trainer holds the first, so the two other stores share the second: whoever speaks gets
it. Their microphones are muted in turn, and the tablet's second picture is watched frame by frame: the gap is the
longest time between two frames around a change.
"""

import asyncio
import time
from typing import Any

from playwright.async_api import Page

SWITCHES = 10
SETTLE_S = 1.2
SWITCH_S = 6.0
WATCH = """
// Every frame that every received video track delivers: mid -> times of performance.now().
globalThis.frames = {};
globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    this.addEventListener('track', async ({ track, transceiver }) => {
      if (track.kind !== 'video') return;
      const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        value.close();
        (frames[transceiver.mid] ??= []).push(performance.now());
      }
    });
  }
};
// Which person's camera each receive section carries.
globalThis.cameras = () => Object.fromEntries(
  passline.slots().filter((slot) => slot.source === 'camera').map((slot) => [slot.participant, slot.mid]));
globalThis.longestGap = (mid, since) => {
  const times = frames[mid].filter((at) => at > since - 300);
  return Math.max(...times.slice(1).map((at, i) => at - times[i]));
};
"""


async def switches(trainer: Page, viewer: Page, speakers: dict[str, Page]) -> list[float]:
    """Gaps in ms of SWITCHES changes of the viewer's second slot between two `speakers` (person id: page)."""
    await trainer.get_by_test_id("session-title-zh").fill("bench")
    for person in ("p-store-0108", *speakers):
        await trainer.get_by_test_id(f"invite-{person}").check()
    await trainer.get_by_test_id("open-session").click()
    for page in (viewer, *speakers.values()):
        await page.get_by_test_id("join-session").click()
        await page.get_by_test_id("consent-agree").click()
        await page.get_by_test_id("leave-room").wait_for()
    for page in (trainer, viewer):
        await page.get_by_test_id("camera-off").click()
        await page.get_by_test_id("mute").click()
    first, second = speakers
    await _mute(speakers[second], muted=True)
    await _shows(viewer, first)
    gaps = []
    for _ in range(SWITCHES):
        await asyncio.sleep(SETTLE_S)
        first, second = second, first
        since = await viewer.evaluate("performance.now()")
        await _mute(speakers[second], muted=True)
        await _mute(speakers[first], muted=False)
        mid = await _shows(viewer, first)
        await asyncio.sleep(0.6)
        gaps.append(float(await viewer.evaluate("([mid, since]) => longestGap(mid, since)", [mid, since])))
    await trainer.get_by_test_id("close-room").click()
    await trainer.get_by_test_id("close-room-yes").click()
    return gaps


async def _mute(page: Page, *, muted: bool) -> None:
    if await page.evaluate("passline.snapshot().muted") != muted:
        await page.get_by_test_id("mute").click()


async def _shows(viewer: Page, person: str) -> Any:
    """The section that carries the camera of `person`, once one does."""
    deadline = time.monotonic() + SWITCH_S
    while time.monotonic() < deadline:
        if mid := (await viewer.evaluate("cameras()")).get(person):
            return mid
        await asyncio.sleep(0.05)
    raise RuntimeError(f"{person} never got the slot: {await viewer.evaluate('passline.slots()')}")
