"""What people hear of each other when the store's network loses every tenth packet, one way or the other."""

from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.test_network import call_over
from tests.support.network import Network, Way
from tests.support.promise import Promise

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

LOSS = 0.10
SETTLE_S, LISTEN_S = 6.0, 12.0
HEARD = """(async () => (await passline.stats())
  .filter((one) => one.type === 'inbound-rtp' && one.kind === 'audio')
  .map((one) => [one.totalSamplesReceived, one.concealedSamples, one.packetsReceived, one.packetsLost]))()"""


class Heard(NamedTuple):
    """Of the one sound that flows, so far."""

    samples: int
    concealed: int
    packets: int
    lost: int


async def heard(page: Page) -> Heard:
    sounds: list[list[int]] = await page.evaluate(HEARD)
    return max((Heard(*sound) for sound in sounds), key=lambda sound: sound.packets)


async def listen(page: Page, seconds: float) -> tuple[float, float]:
    """The shares of sound concealed and of packets lost in the next so many seconds of it."""
    before = await heard(page)
    after = await acts.until(
        lambda: heard(page),
        lambda now: now.samples - before.samples >= seconds * 48_000,
        "sound is played",
        seconds=acts.PATIENCE_S + 4 * seconds,
    )
    lost, came = after.lost - before.lost, after.packets - before.packets
    return (after.concealed - before.concealed) / (after.samples - before.samples), lost / (lost + came)


@pytest.mark.promise("B11")
async def test_every_tenth_packet_may_be_lost_and_hardly_any_sound_is(promise: Promise, tmp_path: Path) -> None:
    """Without redundancy a browser conceals as much as it loses, or more."""
    async with Network() as network, call_over(tmp_path, network) as (_, store, expert):
        ways: list[tuple[Way, Page]] = [("down", store), ("up", expert)]
        for _seed in promise.rounds():
            for way, page in ways:
                await network.set(way, loss=LOSS)
                await listen(page, SETTLE_S)
                concealed, lost = await listen(page, LISTEN_S)
                await network.set(way, loss=0.0)
                print(f"{way}: {lost:.1%} of the packets lost, {concealed:.2%} of the sound concealed")
                assert way == "up" or lost > LOSS / 2, "what our worker repaired is not lost"
                promise.measured(f"sound concealed at 10 % loss, {way}", 100 * concealed, limit=4.0, unit="%")
