"""The whole system on a disk that fills up (C4): the call goes on, people are told, and later all is well again."""

from pathlib import Path

import pytest

from contract.client import LeaveRoom
from contract.errors import ErrorCode
from contract.recording import GapReason
from contract.rooms import RecordingState, RoomState
from tests.signaling.service.test_stills import JPEG, jpeg
from tests.signaling.service.world import answered
from tests.support.calls import replay
from tests.support.clients import new_cid
from tests.support.member import Member
from tests.support.show import clip_frames, show
from tests.support.smalldisk import small_disk
from tests.support.stack import Stack

pytestmark = [pytest.mark.flow, pytest.mark.full_only, pytest.mark.promise("C4")]


def recording_is(state: RecordingState, room: RoomState) -> bool:
    return room.recording is not None and room.recording.state is state


async def test_a_call_on_a_full_disk_goes_on_unrecorded_and_everybody_knows(tmp_path: Path) -> None:
    frames = clip_frames(1)
    with small_disk(tmp_path / "data" / "objects", 48) as disk:
        async with (
            Stack(tmp_path, disk_reserve_mb=8) as stack,
            Member(stack, "store-0117") as store,
            Member(stack, "chen") as expert,
        ):
            room = await answered(store.tab, expert.tab)
            await store.connect(room)
            await expert.connect(room)
            async with show(store, frames), show(expert, frames, seed=2):
                await store.tab.room(lambda r: recording_is(RecordingState.RECORDING, r), "it is recorded")
                disk.fill(4_000_000)
                for member in (store, expert):
                    await member.tab.room(lambda r: recording_is(RecordingState.PAUSED, r), "told", seconds=15.0)
                assert expert.peer is not None
                expert.peer.rtp.clear()
                await expert.tab.until(lambda: len(expert.peer.rtp) > 200, "pictures and sound go on")  # type: ignore[union-attr]  # it is connected
                metrics = (await store.tab.browser.get("/metrics")).body
                assert b'passline_alarm{alarm="disk_low",process="recorder"} 1.0' in metrics
                photo = await store.tab.browser.post(f"/api/rooms/{room}/stills", data=jpeg(1600, 1200), headers=JPEG)
                assert (photo.status, photo.code) == (507, ErrorCode.DISK_FULL)
                disk.empty()
                await store.tab.room(lambda r: recording_is(RecordingState.RECORDING, r), "it goes on", seconds=15.0)
                taken = await store.tab.browser.post(f"/api/rooms/{room}/stills", data=jpeg(1600, 1200), headers=JPEG)
                assert taken.status == 201
                await expert.tab.until(lambda: len(expert.peer.rtp) > 800, "a while")  # type: ignore[union-attr]  # it is connected
            await expert.tab.do(LeaveRoom(cid=new_cid(), room=room))
            found = await replay(expert, room)
            assert found.entry.recording is RecordingState.SAFE
            assert {gap.reason for gap in found.gaps} == {GapReason.DISK_FULL}
            assert {gap.participant for gap in found.gaps} == {store.tab.person, expert.tab.person}
            for part in found.parts:
                file = await expert.tab.browser.get(f"/api/archive/{room}/files/{part.file}")
                assert (file.status, len(file.body)) == (200, part.size_bytes)
