"""Where no UDP comes through to us: everything by the chain's own TURN server, sound, picture, recording."""

from pathlib import Path

import pytest

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.promise import Promise
from tests.support.turn import SECRET, coturn, media_host

pytestmark = pytest.mark.browser

JOIN = """(selector) => new Promise((done) => {
  const start = performance.now();
  document.querySelector('[data-testid=consent-agree]').click();
  const look = () => {
    const video = document.querySelector(selector);
    if (video && video.videoWidth > 0 && video.currentTime > 0) done((performance.now() - start) / 1000);
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Seconds from the touch to the first frame of somebody else."""

KINDS = """(async () => {
  const all = new Map((await passline.stats()).map((one) => [one.id, one]));
  const pair = all.get([...all.values()].find((one) => one.type === 'transport').selectedCandidatePairId);
  return [all.get(pair.localCandidateId).candidateType, all.get(pair.remoteCandidateId).candidateType];
})()"""


@pytest.mark.full_only
@pytest.mark.promise("B1")
async def test_a_session_goes_by_the_relay_alone(promise: Promise, tmp_path: Path) -> None:
    host = media_host()
    teacher, kitchen = clip(1), clip(2)
    async with (
        coturn(tmp_path / "coturn.log", peers=[host], host=host) as port,
        Scene(
            tmp_path,
            media_addresses=host,
            turn_urls=f"turn:{host}:{port}?transport=udp,turn:{host}:{port}?transport=tcp",
            turn_secret=SECRET,
            ice_relay_only="true",
        ) as scene,
    ):
        studio = await scene.browser(teacher, size=DESK)
        tablet = await scene.browser(kitchen)
        trainer = await studio.sign_in("he")
        store = await tablet.sign_in("store-0117")
        await acts.open_session(trainer, "p-store-0117")
        for _ in promise.rounds():
            await store.get_by_test_id("join-session").click()
            await acts.visible(store, "consent-agree")
            took_s = await store.evaluate(JOIN, acts.tile("p-he"))
            promise.measured("join to first frame, relayed", took_s, limit=2.5)
            await acts.sees(trainer, "p-store-0117", kitchen)
            await acts.sees(store, "p-he", teacher)
            await acts.hears(trainer, kitchen)
            assert await store.evaluate(KINDS) == ["relay", "host"]
            assert await trainer.evaluate(KINDS) == ["relay", "host"]
            await store.get_by_test_id("leave-room").click()
        await trainer.get_by_test_id("close-room").click()
        await trainer.get_by_test_id("close-room-yes").click()
        await acts.recording_is(trainer, "safe")
        assert SECRET not in scene.stack.log()
