"""A chain that prefers another video codec: its calls are seen, recorded and replayed in that one."""

from pathlib import Path

import pytest

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.played import play

pytestmark = pytest.mark.browser

PICTURES = 60
"""Four seconds of what the cameras film: enough to see a replay go on."""


@pytest.mark.parametrize(
    ("codec", "mime"),
    [
        ("h264", 'video/mp4; codecs="avc1.'),
        pytest.param("vp9", 'video/webm; codecs="vp9, opus"', marks=pytest.mark.full_only),
        pytest.param("av1", 'video/webm; codecs="av01.0.', marks=pytest.mark.full_only),
    ],
)
async def test_a_call_is_seen_recorded_and_replayed_in_the_codec_that_the_chain_prefers(
    tmp_path: Path, codec: str, mime: str
) -> None:
    store_clip, expert_clip = clip(1), clip(2)
    async with Scene(tmp_path, video_codec=codec) as scene:
        tablet = await scene.browser(store_clip)
        desk = await scene.browser(expert_clip, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, "p-store-0117", store_clip)
        await acts.sees(store, "p-chen", expert_clip)
        room = await acts.room_of(store)
        await acts.has_shown(expert, "p-store-0117", PICTURES)
        await acts.has_shown(store, "p-chen", PICTURES)
        await acts.hang_up(store)
        await acts.recording_is(expert, "safe")
        async with await scene.stack.login("chen") as http:
            replay = await (await http.get(f"/api/archive/{room}")).json()
            assert {part["participant"] for part in replay["parts"]} == {"p-store-0117", "p-chen"}
            for part in replay["parts"]:
                shown = store_clip if part["participant"] == "p-store-0117" else expert_clip
                assert part["mime"].startswith(mime), part["mime"]
                answer = await http.get(f"/api/archive/{room}/files/{part['file']}")
                file = play(await answer.read(), shown.number)
                assert file.clips == {shown.number}
                assert file.readable > 0.95
        await expert.get_by_test_id("open-replay").click()
        await acts.replays_in_step(expert, {"p-store-0117": store_clip, "p-chen": expert_clip})
