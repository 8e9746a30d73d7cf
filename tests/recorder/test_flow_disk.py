"""A disk without room (C4): recordings pause, say so, and go on when there is room; nothing is half there."""

import asyncio
from pathlib import Path

import pytest

from contract.media import Codec, Source
from contract.recording import GapReason
from contract.rooms import RecordingState
from runtime import clock, health
from runtime.supervise import TaskScope
from tests.recorder.rig import PATIENCE_S, STORE, Rig, rig, summary_of, until
from tests.support import encoded
from tests.support.played import play, probe_errors
from tests.support.smalldisk import small_disk

pytestmark = pytest.mark.flow

ENOUGH_BYTES = 12_000
"""A second or two of picture and sound."""


async def alarm(recorder: Rig) -> bool:
    """Whether the recorder cries for room."""
    _, body = await health.ask(recorder.data / "run", "recorder", "/metrics")
    return b'passline_alarm{alarm="disk_low"} 1.0' in body


async def alarm_is(recorder: Rig, *, on: bool) -> None:
    """Wait until the recorder cries, or does not any more."""
    async with asyncio.timeout(PATIENCE_S):
        while await alarm(recorder) is not on:  # noqa: ASYNC110 - another process says so
            await asyncio.sleep(0.05)


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    "reserve_mb",
    [
        pytest.param(4, id="below-the-reserve", marks=pytest.mark.full_only),
        pytest.param(0, id="not-a-byte-left"),
    ],
)
async def test_a_full_disk_pauses_the_recording_which_goes_on_when_there_is_room(
    tmp_path: Path, reserve_mb: int
) -> None:
    frames = encoded.both(Codec.VP8, 1, 24.0)
    with small_disk(tmp_path / "objects") as disk:
        async with rig(tmp_path, disk_reserve_mb=reserve_mb) as recorder, TaskScope("worker") as scope:
            recording = await recorder.begin("call-1")
            tap = await recorder.tap(recording)
            numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
            scope.spawn(tap.play(frames, numbers, clock.wall_ns(), paced=True), name="play")
            await until(lambda: recorder.kept_bytes(recording) > ENOUGH_BYTES)
            assert not await alarm(recorder)
            disk.fill(2_000_000 if reserve_mb else 0)
            await until(lambda: recorder.state(recording) is RecordingState.PAUSED)
            await alarm_is(recorder, on=True)
            paused_ns = clock.wall_ns()
            # Who calls now is not recorded either, and told.
            other = await recorder.begin("call-2", RecordingState.PAUSED)
            disk.empty()
            await until(lambda: recorder.state(recording) is RecordingState.RECORDING)
            resumed_ns = clock.wall_ns()
            resumed_bytes = recorder.kept_bytes(recording)
            await alarm_is(recorder, on=False)
            await until(lambda: recorder.state(other) is RecordingState.RECORDING)
            await until(lambda: recorder.kept_bytes(recording) > resumed_bytes + ENOUGH_BYTES)
            await scope.aclose()
            await tap.close()
            summary = summary_of(await recorder.end(recording))
            paused_s, resumed_s = ((at_ns - summary.started_ns) / 1e9 for at_ns in (paused_ns, resumed_ns))
            files = [recorder.folder(recording) / part.file for part in summary.parts]
            assert summary.state is RecordingState.SAFE
            assert len(files) == 2
            assert [probe_errors(file) for file in files] == ["", ""]
            first, second = (play(file, 1) for file in files)
            gaps = {gap.source: gap for gap in summary.gaps}
            assert {gap.reason for gap in summary.gaps} == {GapReason.DISK_FULL}
            assert gaps.keys() == {Source.CAMERA, Source.MICROPHONE}
            for gap in gaps.values():
                assert paused_s - 6 < gap.start_s < paused_s
                assert resumed_s - 3 < gap.end_s < resumed_s + 4.0, "at the next keyframe, of which there is one in 2 s"
            assert first.numbers == list(range(len(first.numbers)))
            assert second.numbers == list(range(second.numbers[0], second.numbers[-1] + 1))
            assert (await recorder.end(other)).state is not RecordingState.PAUSED
            assert {path.suffix for path in recorder.folder(recording).iterdir()} == {".jsonl", ".json", ".webm"}


async def test_a_recording_that_ends_on_a_full_disk_is_made_safe_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "objects") as disk:
        async with rig(tmp_path, disk_reserve_mb=0, log_dir=tmp_path) as recorder:
            log = tmp_path / "recorder.log"
            recording = await recorder.begin("call-1")
            tap = await recorder.tap(recording)
            numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
            frames, zero_ns = encoded.both(Codec.VP8, 1, 10.0), clock.wall_ns() - 10_000_000_000
            await tap.play(frames, numbers, zero_ns, until_s=8.0)
            await recorder.written(recording, [frame for frame in frames if frame.t_s < 8.0])
            disk.fill(0)
            await tap.close()
            recorder.order_stop(recording)
            await until(lambda: recorder.state(recording) is RecordingState.SAVING)
            await until(lambda: "recording cannot be made safe yet" in log.read_text())
            assert recorder.state(recording) is RecordingState.SAVING
            assert not list(recorder.folder(recording).glob("part-*"))
            disk.empty()
            report = await recorder.over(recording)
            (part,) = summary_of(report).parts
            shown = play(recorder.folder(recording) / part.file, 1).numbers
            assert shown == list(range(len(shown)))
            assert len(shown) >= 185, "all but what waited for its turn when the disk was full"
