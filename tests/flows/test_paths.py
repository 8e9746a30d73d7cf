"""Networks that leave few ways open: only IPv6, or no UDP, and no TURN server to help."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.loopbacks import needs_ipv6
from tests.support.network import Network

pytestmark = pytest.mark.browser

WAY = """(async () => {
  const all = new Map((await passline.stats()).map((one) => [one.id, one]));
  const used = [...all.values()].find((one) => one.type === 'transport')?.selectedCandidatePairId;
  const pair = all.get(used);
  const [near, far] = [all.get(pair?.localCandidateId), all.get(pair?.remoteCandidateId)];
  return [near?.candidateType ?? null, far?.protocol ?? null, far?.address ?? null];
})()"""
"""Kind of the own candidate, protocol and address of the other: of the pair in use."""


async def goes_by(page: Page, protocol: str, address: str) -> None:
    """`page`'s media takes this way to the server."""

    async def way() -> list[str | None]:
        return list(await page.evaluate(WAY))

    await acts.until(way, lambda seen: seen[1:] == [protocol, address], f"media goes by {protocol} to {address}")


@pytest.mark.full_only
@needs_ipv6
async def test_a_call_goes_over_ipv6_and_where_no_udp_passes_over_tcp(tmp_path: Path) -> None:
    async with Network(ipv6=True) as network, Scene(tmp_path, host="0.0.0.0", media_addresses=network.server6) as scene:
        tablet = await scene.browser(clip(1), network=network)
        desk = await scene.browser(clip(2), size=DESK)
        store, expert = await tablet.sign_in("store-0117"), await desk.sign_in("chen")
        for protocol in ("udp", "tcp"):
            await network.set(no_udp=protocol == "tcp")
            await acts.call(store)
            await acts.answer(expert)
            await acts.sees(expert, "p-store-0117", clip(1))
            await acts.sees(store, "p-chen", clip(2))
            await acts.hears(store, clip(2))
            await goes_by(store, protocol, network.server6)
            await acts.hang_up(store)
            for page in (store, expert):
                await acts.ended(page, "hung_up")
            await acts.recording_is(expert, "safe")
            for page in (store, expert):
                await page.get_by_test_id("home").click()
