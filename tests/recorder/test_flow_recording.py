"""A recorder process, fed as a media worker feeds it, makes files that play right."""

import hashlib
from pathlib import Path

import pytest

from contract.media import Codec, Source
from contract.rooms import RecordingState
from runtime import clock
from tests.recorder.rig import EXPERT, STORE, rig, summary_of
from tests.support import encoded
from tests.support.played import play, probe_errors

pytestmark = pytest.mark.flow


async def test_a_call_becomes_two_parts_with_right_frames_sound_length_and_sync(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-1")
        tap = await recorder.tap(recording)
        zero_ns = clock.wall_ns() - 6_000_000_000
        for person, codec, clip in ((STORE, Codec.VP8, 1), (EXPERT, Codec.H264, 2)):
            numbers = tap.track(person, Source.CAMERA, codec), tap.track(person, Source.MICROPHONE, Codec.OPUS)
            await tap.play(encoded.both(codec, clip, 6.0), numbers, zero_ns)
        await tap.close()
        report = await recorder.end(recording)
        assert report.state is RecordingState.SAFE
        summary = summary_of(report)
        assert [part.participant for part in summary.parts] == [STORE, EXPERT]
        assert summary.duration_s == pytest.approx(6.0, abs=0.3)
        assert summary.gaps == []
        assert [part.mime for part in summary.parts] == [
            'video/webm; codecs="vp8, opus"',
            'video/mp4; codecs="avc1.42C014, opus"',
        ]
        for part, clip in zip(summary.parts, (1, 2), strict=True):
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
