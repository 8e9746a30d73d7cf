"""The link of one who watches a class carries only voices for a while: the screen says so, and it all comes back.

Only media waits in the narrow link, as where a home router prefers everything else: so it is known what is left for it.
The rules are held in virtual time by tests/media/forward/test_paused.py.
"""

from pathlib import Path

import pytest

from tests.flows import acts
from tests.flows.scene import Scene
from tests.flows.test_narrow import counted
from tests.flows.test_network import OFFLINE
from tests.flows.test_session import SMALL
from tests.support.clips import clip
from tests.support.network import Network
from tests.support.promise import Promise

pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.full_only]

TRAINER, FIRST, SECOND = "p-he", "p-store-0117", "p-store-0131"
VOICES_BPS = 130_000
"""Two voices with their headers take 110; for the smallest picture beside them no half is left."""
NOTICE_S = 60.0
"""A few on a quiet machine."""
BACK_S = 120.0
WORDS = "画面先停了：你的网络太慢，声音照常"


@pytest.mark.promise("B13")
async def test_who_can_only_hear_is_told_so_and_sees_again_when_there_is_room(promise: Promise, tmp_path: Path) -> None:
    async with Network() as network, Scene(tmp_path, host="0.0.0.0") as scene:
        scene.expected += OFFLINE
        studio = await scene.browser(clip(1), camera=SMALL, network=network)
        jingan = await scene.browser(clip(2), camera=SMALL)
        xujiahui = await scene.browser(clip(3), camera=SMALL)
        trainer = await studio.sign_in("he")
        one, two = await jingan.sign_in("store-0117"), await xujiahui.sign_in("store-0131")
        await acts.open_session(trainer, FIRST, SECOND)
        for store in (one, two):
            await acts.join_session(store)
        for person, number in ((FIRST, 2), (SECOND, 3)):
            await acts.sees(trainer, person, clip(number), seconds=60.0)

        for _ in promise.rounds():
            await network.set("down", rate_bps=VOICES_BPS, queue_bytes=VOICES_BPS // 24, only_udp=True)
            notices = trainer.get_by_test_id("picture-paused")
            await acts.until(notices.count, (2).__eq__, "both pictures say that they are paused", NOTICE_S)
            assert WORDS in (await notices.first.text_content() or "")
            before = await counted(trainer)
            await acts.hears(trainer, clip(2), clip(3), seconds=60.0)
            after = await counted(trainer)
            gone = {what: after[what] - before[what] for what in after}
            assert gone["samples"] > 0
            promise.measured("concealed", 100 * gone["concealed"] / max(1.0, gone["samples"]), limit=15.0, unit="%")

            await network.set("down", rate_bps=0, only_udp=False)
            await acts.until(notices.count, (0).__eq__, "no picture is paused any more", BACK_S)
            for person, number in ((FIRST, 2), (SECOND, 3)):
                await acts.sees(trainer, person, clip(number), seconds=60.0)
