"""The check of a device, in a real browser: what works is said to work, and what does not, with what to do."""

import time
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocketRoute

from tests.flows import acts
from tests.flows.scene import Scene
from tests.flows.test_access import violations
from tests.support.clips import clip
from tests.support.network import Network
from tests.support.promise import Promise
from tests.support.turn import SECRET, coturn

pytestmark = pytest.mark.browser

TOLD_S = 8.0
"""It asks for 6 s whether anything comes through."""
ALL_S = 90.0
"""Camera, microphone and uploads take their time on a busy machine."""
OPENED = {
    "camera": ("check.camera_good", "doctor.camera_frozen", "doctor.camera_nothing", "doctor.camera_black"),
    "microphone": ("check.microphone_good", "doctor.microphone_quiet", "doctor.microphone_nothing"),
}
"""What may be said of a camera and a microphone that open."""
NO_RELAY = {"servers": [], "relay_only": False, "life_s": 3600}


async def told(page: Page) -> dict[str, str]:
    """What each line says, by its key, once all of them are known."""
    lines = page.locator("[data-testid^=doctor-][data-words]")

    async def look() -> dict[str, str]:
        found = await lines.evaluate_all(
            "(all) => all.map((one) => ({...one.dataset, busy: one.closest('[aria-busy]').ariaBusy}))"
        )
        # Some lines only come with what is found: all are there when it no longer looks.
        if any(one["busy"] != "false" for one in found):
            return {}
        return {one["testid"].removeprefix("doctor-"): f"{one['state']} {one['words']}" for one in found}

    return dict(
        await acts.until(
            look,
            bool,
            "all is known",
            seconds=ALL_S,
        )
    )


def worst(found: dict[str, str]) -> str:
    """The state of all of it, by its lines."""
    states = {said.split()[0] for said in found.values()}
    return next(state for state in ("bad", "weak", "unknown", "good") if state in states)


async def media_words(page: Page) -> str | None:
    return await page.get_by_test_id("doctor-media").get_attribute("data-words")


async def verdict(page: Page) -> str | None:
    return await page.get_by_test_id("doctor-verdict").get_attribute("data-state")


async def test_a_healthy_tablet_is_told_so_and_one_without_sockets_what_stops_it(tmp_path: Path) -> None:
    async def stop(socket: WebSocketRoute) -> None:
        await socket.close()

    async with Scene(tmp_path, workers=2) as scene:
        tablet = await scene.browser(clip(1))
        store = await tablet.sign_in("store-0117")
        await store.locator(".link-words").click()
        found = await told(store)
        assert await verdict(store) == worst(found)
        # How fast a busy test machine sends, whether it has a battery, and how many pictures and beeps it misses, is
        # its own affair; that both were opened and looked at is not.
        found.pop("upload")
        found.pop("battery", None)
        assert found.pop("camera").split()[1] in OPENED["camera"]
        assert found.pop("microphone").split()[1] in OPENED["microphone"]
        assert found == {
            "link": "good doctor.link_good",
            "version": "good doctor.version_good",
            "browser": "good doctor.browser_good",
            "media": "good doctor.media_good",
            "storage": "good doctor.storage_good",
            "clock": "good doctor.clock_good",
        }
        report = await store.get_by_test_id("doctor-report").text_content() or ""
        assert [report.count(f"media-{n} ") for n in (0, 1)] == [1, 1], "each worker has a port of its own"
        assert report.count("reached in") == 2
        async with await scene.stack.login("admin") as http:
            figures = ['passline_probes_total{found="reached",process="signaling",way="direct"} 2.0']
            figures += [f'passline_media_legs{{process="{worker}"}} 0.0' for worker in ("media-0", "media-1")]

            async def missing() -> list[str]:
                text = await (await http.get("/metrics")).text()
                return [figure for figure in figures if figure not in text]

            await acts.until(missing, lambda lines: not lines, "both were counted, and nothing is left of them")
        assert not await violations(store)

        await store.route_web_socket("**/ws", stop)
        await store.reload()
        assert (await told(store))["link"] == "bad doctor.link_no_socket", "pages pass, sockets do not"


@pytest.mark.promise("doctor")
async def test_where_no_udp_passes_it_is_told_in_time_and_a_relay_found_to_be_the_only_way(
    promise: Promise, tmp_path: Path
) -> None:
    async with (
        Network() as network,
        coturn(tmp_path / "coturn.log", peers=[network.server], host=network.server) as port,
        Scene(
            tmp_path,
            host="0.0.0.0",
            turn_urls=f"turn:{network.server}:{port}?transport=tcp",
            turn_secret=SECRET,
        ) as scene,
    ):
        tablet = await scene.browser(clip(1), network=network)
        store = await tablet.sign_in("store-0117")
        await network.set(no_udp=True)
        await store.goto(f"{tablet.url}/doctor")
        assert (await told(store))["media"] == "weak doctor.media_tcp"
        sentence = await store.get_by_test_id("doctor-media").text_content() or ""
        assert f"{network.server}:" in sentence, "what UDP would have to be let through to"

        await network.set(tcp_ports=[scene.stack.port, port])
        await store.get_by_test_id("doctor-again").click()
        await acts.until(lambda: media_words(store), lambda words: words == "doctor.media_relayed", "TCP is shut too")
        seen = await told(store)
        assert (seen["media"], seen["relay"]) == ("weak doctor.media_relayed", "good doctor.relay_good")
        assert await verdict(store) == worst(seen)

        await store.route("**/api/ice", lambda route: route.fulfill(json=NO_RELAY))
        await store.goto(tablet.url)
        await store.get_by_test_id("camera-check").click()
        began = time.monotonic()
        await store.get_by_test_id("to-doctor").click()
        await acts.until(lambda: media_words(store), lambda words: words == "doctor.media_blocked", "nothing passes")
        promise.measured("told that nothing gets through", time.monotonic() - began, limit=TOLD_S)
        sentence = await store.get_by_test_id("doctor-media").text_content() or ""
        assert f"{network.server}:" in sentence, "whoever mends it needs the address"
        assert "127.0.0.1" not in sentence
        assert await verdict(store) == "bad"
        await told(store)

        await network.set(no_udp=False, tcp_ports=[])
        await store.get_by_test_id("doctor-again").click()
        assert (await told(store))["media"] == "good doctor.media_good"
