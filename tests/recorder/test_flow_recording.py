"""A recorder process, fed as a media worker feeds it, makes files that play right."""

import asyncio
import contextlib
import hashlib
from pathlib import Path

import pytest

from contract.ids import RecordingId
from contract.media import Codec, Source
from contract.nodes import TAP_SOCKET, StartRecording, StopRecording
from contract.recording import GapReason
from contract.rooms import RecordingState
from contract.tap import TapPoint
from runtime import clock
from tests.recorder.rig import EXPERT, HIRE, ROOM, STORE, TRAINER, rig, summary_of, until
from tests.support import encoded
from tests.support.played import play, probe_errors

EVERY_CODEC = ((STORE, Codec.VP8, 1), (EXPERT, Codec.H264, 2), (TRAINER, Codec.VP9, 3), (HIRE, Codec.AV1, 4))
"""Who shows which clip in it."""

pytestmark = pytest.mark.flow


async def test_a_call_becomes_parts_with_right_frames_sound_length_and_sync(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-1")
        tap = await recorder.tap(recording)
        zero_ns = clock.wall_ns() - 6_000_000_000
        for person, codec, clip in (
            (STORE, Codec.VP8, 1),
            (EXPERT, Codec.H264, 2),
            (TRAINER, Codec.VP9, 3),
            (HIRE, Codec.AV1, 4),
        ):
            numbers = tap.track(person, Source.CAMERA, codec), tap.track(person, Source.MICROPHONE, Codec.OPUS)
            await tap.play(encoded.both(codec, clip, 6.0), numbers, zero_ns)
        await tap.close()
        report = await recorder.end(recording)
        assert report.state is RecordingState.SAFE
        summary = summary_of(report)
        assert [part.participant for part in summary.parts] == [STORE, EXPERT, TRAINER, HIRE]
        assert summary.duration_s == pytest.approx(6.0, abs=0.3)
        assert summary.gaps == []
        assert [part.mime for part in summary.parts] == [
            'video/webm; codecs="vp8, opus"',
            'video/mp4; codecs="avc1.42C014, opus"',
            'video/webm; codecs="vp9, opus"',
            'video/webm; codecs="av01.0.00M.08, opus"',
        ]
        for part, clip in zip(summary.parts, (1, 2, 3, 4), strict=True):
            path = recorder.folder(recording) / part.file
            assert hashlib.sha256(path.read_bytes()).hexdigest() == part.sha256
            assert path.stat().st_size == part.size_bytes
            assert (part.width_px, part.height_px) == (320, 180)
            assert part.sources == [Source.CAMERA, Source.MICROPHONE]
            assert probe_errors(path) == ""
            played = play(path, clip)
            assert played.numbers == list(range(150))
            assert len(played.offsets_s) == 5
            assert max(map(abs, played.offsets_s)) < 0.08
            assert part.duration_s == pytest.approx(6.0, abs=0.1)
        left = {path.name for path in recorder.folder(recording).iterdir()}
        assert left == {"manifest.jsonl", "summary.json", *(part.file for part in summary.parts)}


async def test_a_picture_that_comes_late_or_changes_its_size_begins_a_new_part(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-2")
        tap = await recorder.tap(recording)
        zero_ns = clock.wall_ns() - 10_000_000_000
        sound = tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
        frames = encoded.both(Codec.H264, 1, 10.0)
        small = encoded.picture_frames(Codec.H264, 1, 10.0, width_px=160, height_px=90)
        await tap.play((f for f in frames if not f.video), (0, sound), zero_ns, until_s=4.0)
        numbers = tap.track(STORE, Source.CAMERA, Codec.H264), sound
        await tap.play((f for f in frames if 4.0 <= f.t_s < 8.0), numbers, zero_ns)
        sounds = [f for f in frames if not f.video]
        await tap.play(sorted((f for f in (*sounds, *small) if f.t_s >= 8.0), key=lambda f: f.t_s), numbers, zero_ns)
        await tap.close()
        summary = summary_of(await recorder.end(recording))
    assert [(part.width_px, part.has_audio) for part in summary.parts] == [(0, True), (320, True), (160, True)]
    assert [part.mime.split(";")[0] for part in summary.parts] == ["audio/webm", "video/mp4", "video/mp4"]
    offsets = [part.offset_s - summary.parts[0].offset_s for part in summary.parts]
    assert offsets == pytest.approx([0, 4, 8], abs=0.05)
    for part, numbers_shown in zip(summary.parts, ([], range(100, 200), range(200, 250)), strict=True):
        played = play(tmp_path / "objects" / "recordings" / "call-2" / part.file, 1)
        assert played.numbers == list(numbers_shown)
        assert len(played.beeps) == round(part.duration_s)
        assert all(abs(offset) < 0.08 for offset in played.offsets_s)


async def test_a_screen_is_a_part_of_its_own_and_pointing_is_kept(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-3")
        tap = await recorder.tap(recording)
        zero_ns = clock.wall_ns() - 3_000_000_000
        camera = tap.track(EXPERT, Source.CAMERA, Codec.VP8), tap.track(EXPERT, Source.MICROPHONE, Codec.OPUS)
        screen = tap.track(EXPERT, Source.SCREEN, Codec.VP8), 0
        await tap.play(encoded.both(Codec.VP8, 1, 3.0), camera, zero_ns)
        await tap.play(encoded.picture_frames(Codec.VP8, 3, 3.0), screen, zero_ns)
        for n in range(30):
            tap.say(TapPoint(recording=recording, wall_ns=zero_ns + n * 10**8, by=EXPERT, on=STORE, x=n / 30, y=0.5))
        await tap.close()
        summary = summary_of(await recorder.end(recording))
    assert [part.sources for part in summary.parts] == [[Source.CAMERA, Source.MICROPHONE], [Source.SCREEN]]
    assert summary.parts[1].mime == 'video/webm; codecs="vp8"'
    assert [point.t_s for point in summary.points] == pytest.approx([n / 10 for n in range(30)], abs=0.002)


async def test_a_worker_that_dies_and_comes_back_leaves_a_gap_in_one_recording(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-4")
        zero_ns = clock.wall_ns() - 6_000_000_000
        frames = encoded.both(Codec.VP8, 1, 6.0)
        for start_s, end_s in ((0.0, 2.0), (4.0, 6.0)):
            tap = await recorder.tap(recording)
            numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
            await tap.play((f for f in frames if start_s <= f.t_s < end_s), numbers, zero_ns)
            await recorder.written(recording, (f for f in frames if f.t_s < 2.0 or start_s <= f.t_s < end_s))
            await (tap.cut() if start_s == 0 else tap.close())
            await asyncio.sleep(0.3)
        summary = summary_of(await recorder.end(recording))
    assert summary.state is RecordingState.SAFE
    assert [(gap.source, gap.reason) for gap in summary.gaps] == [
        (Source.CAMERA, GapReason.WORKER),
        (Source.MICROPHONE, GapReason.WORKER),
    ]
    start_s = summary.parts[0].offset_s
    assert [gap.start_s - start_s for gap in summary.gaps] == pytest.approx([1.96, 1.98])
    assert [gap.end_s - start_s for gap in summary.gaps] == pytest.approx([4.0, 4.0])
    played = play(tmp_path / "objects" / "recordings" / "call-4" / summary.parts[0].file, 1)
    assert played.numbers == [*range(50), *range(100, 150)]
    # The hole plays as a freeze of the right length.
    assert played.beeps == pytest.approx([0, 1, 4, 5], abs=0.05)


async def test_orders_may_be_repeated_and_unknown_ones_fail(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-5")
        await recorder.begin("call-5")
        tap = await recorder.tap(recording)
        numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
        await tap.play(encoded.both(Codec.VP8, 1, 2.0), numbers, clock.wall_ns() - 2_000_000_000)
        recorder.order(StopRecording(recording=recording))
        await tap.close()
        first = await recorder.end(recording)
        assert first.state is RecordingState.SAFE
        seen = len(recorder.reports)
        recorder.order(StopRecording(recording=recording))
        recorder.order(StartRecording(recording=recording, room=ROOM))
        await until(lambda: len(recorder.reports) == seen + 2)
        assert recorder.reports[seen:] == [first, first]
        for bad in ("never-heard-of", "../../etc"):
            report = await recorder.end(RecordingId(bad))
            assert (report.state, report.summary) == (RecordingState.FAILED, None)
        # A restarted recorder finds the summary on the disk.
        await recorder.kill()
        await recorder.start()
        assert recorder.hellos[-1].recordings == []
        recorder.reports.clear()
        assert await recorder.end(recording) == first


async def test_a_tap_that_never_closes_holds_up_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-6")
        tap = await recorder.tap(recording)
        numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
        await tap.play(encoded.both(Codec.VP8, 1, 2.0), numbers, clock.wall_ns() - 2_000_000_000)
        report = await recorder.end(recording)
        await tap.cut()
    assert summary_of(report).parts[0].duration_s == pytest.approx(2.0, abs=0.1)


async def test_nonsense_on_the_tap_closes_that_connection_only(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-7")
        tap = await recorder.tap(recording)
        numbers = tap.track(STORE, Source.CAMERA, Codec.VP8), tap.track(STORE, Source.MICROPHONE, Codec.OPUS)
        frames, zero_ns = encoded.both(Codec.VP8, 1, 2.0), clock.wall_ns() - 2_000_000_000
        await tap.play(frames[:100], numbers, zero_ns)
        for junk in (b"\xff" * 64, b"\0\0\0\x03\x01{}", b"\0\0\0\x02\x09\x09", b"\0\0\0\x05\x02abcd"):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / TAP_SOCKET))
            writer.write(junk)
            with contextlib.suppress(ConnectionResetError):  # that too is an end
                assert await reader.read() == b""
            writer.close()
        await tap.play(frames[100:], numbers, zero_ns)
        await tap.close()
        summary = summary_of(await recorder.end(recording))
    played = play(tmp_path / "objects" / "recordings" / "call-7" / summary.parts[0].file, 1)
    assert played.numbers == list(range(50))
