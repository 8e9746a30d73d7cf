"""Sound and picture stay in step for as long as a call lasts, whatever the network loses (C6).

`make long-call` takes the half hour of the promise, `make promises` a minute of it.
"""

import asyncio
import os
import subprocess
from pathlib import Path
from statistics import median

import pytest

from contract.client import LeaveRoom
from tests.signaling.service.world import answered
from tests.support.calls import recording_of, safe
from tests.support.clients import new_cid
from tests.support.member import Member
from tests.support.played import play, probe_errors
from tests.support.promise import Promise
from tests.support.show import clip_frames, show
from tests.support.stack import Stack

pytestmark = pytest.mark.flow

MINUTES = float(os.environ.get("MINUTES", "1"))
LOSS = 0.05
SLICE_S = 30.0
CLIP = 1


@pytest.mark.full_only
@pytest.mark.promise("C6")
async def test_sound_and_picture_are_in_step_after_a_long_call_with_loss(promise: Promise, tmp_path: Path) -> None:
    seconds = promise.size(8.0, full=MINUTES * 60)
    frames = clip_frames(CLIP)
    async with Stack(tmp_path) as stack, Member(stack, "store-0117") as store, Member(stack, "chen") as expert:
        room = await answered(store.tab, expert.tab)
        await store.connect(room)
        async with show(store, frames, loss=LOSS, seed=6):
            await asyncio.sleep(seconds)
        await expert.tab.do(LeaveRoom(cid=new_cid(), room=room))
        summary = await safe(stack, expert, room)
        (part,) = [part for part in summary.parts if part.participant == store.tab.person and part.has_video]
        file = recording_of(stack, summary) / part.file
        assert part.duration_s == pytest.approx(seconds, abs=2.0)
        assert probe_errors(file) == ""
    for start_s in sorted({0.0, max(0.0, part.duration_s / 2), max(0.0, part.duration_s - SLICE_S - 1)}):
        piece = tmp_path / f"piece-{start_s:.0f}.webm"
        # Copied, not decoded: both tracks move by the same time.
        cut = ["ffmpeg", "-v", "error", "-ss", str(start_s), "-i", str(file), "-t", str(SLICE_S), "-c", "copy"]
        await asyncio.to_thread(subprocess.run, [*cut, str(piece)], check=True)
        played = await asyncio.to_thread(play, piece, CLIP)
        assert len(played.offsets_s) > 0.6 * min(SLICE_S, part.duration_s - start_s) - 1
        offset_s = median(played.offsets_s)
        promise.measured("sound beside picture", abs(offset_s), limit=0.08)
        assert abs(offset_s) <= 0.08
        print(f"at {start_s:.0f} s: {len(played.offsets_s)} flashes, offset {1000 * offset_s:.1f} ms")
