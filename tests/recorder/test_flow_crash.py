"""A recorder that is killed, stopped or short of disk loses at most a second, and never the call."""

import signal
from pathlib import Path

import pytest

from contract.ids import RecordingId
from contract.media import Codec, Source
from contract.recording import GapReason
from contract.rooms import RecordingState
from passline.supervisor import STOP_S
from recorder.storage import Storage
from runtime import clock
from tests.recorder.rig import STORE, Rig, rig, summary_of, until
from tests.support import encoded
from tests.support.played import play, probe_errors

pytestmark = pytest.mark.flow


async def record_until_killed(recorder: Rig, recording: RecordingId, codec: Codec, seconds: float) -> int:
    """Feed in real time, kill -9 after `seconds`; returns the zero of the clip."""
    tap = await recorder.tap(recording)
    numbers = tap.track(STORE, Source.CAMERA, codec), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
    frames, zero_ns = encoded.both(codec, 1, 10.0), clock.wall_ns()
    await tap.play(frames, numbers, zero_ns, paced=True, until_s=seconds)
    await recorder.kill()
    return zero_ns


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.H264])
async def test_kill_9_loses_less_than_a_second_and_the_rest_is_recovered(tmp_path: Path, codec: Codec) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-1")
        await record_until_killed(recorder, recording, codec, 4.3)
        folder = recorder.folder(recording)
        (live,) = folder.glob("live-*")
        at_death = play(live, 1)
        assert at_death.numbers == list(range(len(at_death.numbers)))
        await recorder.start()
        assert [report.state for report in recorder.hellos[-1].recordings] == [RecordingState.RECORDING]
        report = await recorder.end(recording)
        assert report.state is RecordingState.RECOVERED
        (part,) = summary_of(report).parts
        played = play(folder / part.file, 1)
        assert probe_errors(folder / part.file) == ""
    assert 4.3 - 1.0 < len(played.numbers) / 25 <= 4.34
    assert played.sound_s > 4.3 - 1.0
    assert played.numbers == list(range(len(played.numbers)))
    assert part.duration_s == pytest.approx(4.3, abs=1.0)
    assert all(abs(offset) < 0.08 for offset in played.offsets_s)


async def test_a_killed_recorder_goes_on_with_the_same_recording_and_shows_the_gap(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-2")
        zero_ns = await record_until_killed(recorder, recording, Codec.VP8, 2.5)
        await recorder.start()
        tap = await recorder.tap(recording)
        numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
        later = [frame for frame in encoded.both(Codec.VP8, 1, 10.0) if frame.t_s >= 6.0]
        await tap.play(later, numbers, zero_ns)
        await recorder.begin("call-2")
        await tap.close()
        report = await recorder.end(recording)
        summary = summary_of(report)
        files = [play(recorder.folder(recording) / part.file, 1) for part in summary.parts]
    assert report.state is RecordingState.RECOVERED
    assert len(files) == 2
    assert files[1].numbers == list(range(150, 250))
    assert summary.parts[1].offset_s - summary.parts[0].offset_s == pytest.approx(6.0, abs=0.02)
    assert summary.duration_s - summary.parts[0].offset_s == pytest.approx(10.0, abs=0.3)
    assert {gap.source for gap in summary.gaps} == {Source.CAMERA, Source.MICROPHONE}
    for gap in summary.gaps:
        assert gap.reason is GapReason.CRASH
        assert 1.5 < gap.start_s < 2.6
        assert gap.end_s == pytest.approx(summary.parts[1].offset_s)


async def test_a_room_that_moved_is_recorded_from_its_new_worker_only(tmp_path: Path) -> None:
    """The old worker was stopped, not dead: what it still has to say comes too late."""
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-6")
        frames, zero_ns = encoded.both(Codec.VP8, 1, 6.0), clock.wall_ns()
        files = recorder.folder(recording)

        def written() -> int:
            return sum(file.stat().st_size for file in files.glob("live-*"))

        old = await recorder.tap(recording, epoch=1)
        numbers = old.track(STORE, Source.CAMERA, Codec.VP8), old.track(STORE, Source.MICROPHONE, Codec.OPUS)
        await old.play([frame for frame in frames if frame.t_s < 2.0], numbers, zero_ns)
        await until(lambda: written() > 0)
        before = written()
        new = await recorder.tap(recording, epoch=2)
        others = new.track(STORE, Source.CAMERA, Codec.VP8), new.track(STORE, Source.MICROPHONE, Codec.OPUS)
        await new.play([frame for frame in frames if frame.t_s >= 4.0], others, zero_ns)
        await until(lambda: written() > before + sum(len(frame.payload) for frame in frames if frame.t_s >= 4.0) // 2)
        await old.play([frame for frame in frames if 2.0 <= frame.t_s < 4.0], numbers, zero_ns)
        late = await recorder.tap(recording, epoch=1)
        again = late.track(STORE, Source.CAMERA, Codec.VP8), late.track(STORE, Source.MICROPHONE, Codec.OPUS)
        await late.play([frame for frame in frames if 2.0 <= frame.t_s < 4.0], again, zero_ns)
        await new.close()
        summary = summary_of(await recorder.end(recording))
        played = [play(files / part.file, 1) for part in summary.parts]
    assert sorted(number for file in played for number in file.numbers) == [*range(50), *range(100, 150)]
    assert {(gap.source, gap.reason) for gap in summary.gaps} == {
        (Source.CAMERA, GapReason.WORKER),
        (Source.MICROPHONE, GapReason.WORKER),
    }
    assert all(gap.end_s - gap.start_s == pytest.approx(2.0, abs=0.1) for gap in summary.gaps)


async def test_a_kill_while_saving_is_finished_by_the_next_start(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        for number in range(10):  # again, if it was saved before it could be killed
            recording = await recorder.begin(f"call-3-{number}")
            tap = await recorder.tap(recording)
            numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
            await tap.play(encoded.both(Codec.VP8, 1, 3.0), numbers, clock.wall_ns() - 3_000_000_000)
            await tap.close()
            manifest = Storage(tmp_path).folder(recording)
            recorder.order_stop(recording)
            await until(lambda manifest=manifest: manifest.manifest().stopped is not None)  # type: ignore[misc]
            await recorder.kill()
            killed_in_time = manifest.summary() is None
            await recorder.start()
            if killed_in_time:
                break
        assert killed_in_time
        report = await recorder.over(recording)
        # Nothing is missing: the files had been closed before.
        assert report.state is RecordingState.SAFE
        assert summary_of(report).parts[0].duration_s == pytest.approx(3.0, abs=0.1)
        assert not list(recorder.folder(recording).glob("live-*"))


async def test_sigterm_ends_it_in_time_and_the_next_start_goes_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-4")
        tap = await recorder.tap(recording)
        numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
        frames = encoded.both(Codec.VP8, 1, 3.0)
        await tap.play(frames, numbers, clock.wall_ns() - 3_000_000_000)
        await recorder.written(recording, frames)
        began = clock.now()
        assert await recorder.kill(signal.SIGTERM) == 0
        assert clock.now() - began < STOP_S
        folder = Storage(tmp_path).folder(recording)
        assert folder.manifest().stopped is None
        assert len(folder.manifest().done) == 1
        await recorder.start()
        report = await recorder.end(recording)
        (part,) = summary_of(report).parts
        assert play(recorder.folder(recording) / part.file, 1).numbers == list(range(75))
    assert report.state is RecordingState.RECOVERED


async def test_a_full_disk_fails_that_recording_and_nothing_else(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recorder.limit_files(30_000)
        recording = await recorder.begin("call-5")
        tap = await recorder.tap(recording)
        numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
        frames, zero_ns = encoded.both(Codec.VP8, 1, 10.0), clock.wall_ns() - 10_000_000_000
        await tap.play(frames, numbers, zero_ns, until_s=9.0)
        assert (await recorder.over(recording)).state is RecordingState.FAILED
        assert (await recorder.end(recording)).state is RecordingState.FAILED
        # The worker is still heard, and a recording that fits is made.
        other = await recorder.begin("call-6")
        second = await recorder.tap(other)
        numbers = second.track(STORE, Source.CAMERA, Codec.VP8), second.track(STORE, Source.MICROPHONE, Codec.OPUS)
        await second.play(encoded.both(Codec.VP8, 1, 2.0), numbers, clock.wall_ns() - 2_000_000_000)
        await second.close()
        assert (await recorder.end(other)).state is RecordingState.SAFE
        assert recorder.process is not None
        assert recorder.process.returncode is None
        # With room again, the next start saves what had been written.
        await recorder.kill()
        await recorder.start()
        report = await recorder.end(recording)
        assert report.state is RecordingState.RECOVERED
        assert summary_of(report).duration_s > 1


async def test_leftovers_of_every_kind_do_not_stop_the_start(tmp_path: Path) -> None:
    root = tmp_path / "objects" / "recordings"
    for name in ("empty", "torn", "headless", "not a name"):
        (root / name).mkdir(parents=True)
    (root / "torn" / "manifest.jsonl").write_bytes(b'{"type":"started","recor')
    (root / "headless" / "live-0001.webm").write_bytes(b"junk")
    (root / "file").write_bytes(b"")
    async with rig(tmp_path) as recorder:
        states = {report.recording: report.state for report in recorder.hellos[-1].recordings}
        assert states == {"headless": RecordingState.FAILED}
        assert not (root / "empty").exists()
        assert not (root / "torn").exists()
