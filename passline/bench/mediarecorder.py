"""The process that `passline.bench.record` compares with: decode, then aiortc's MediaRecorder.

`python -m passline.bench.mediarecorder CLIP TARGET WARM SECONDS` prints the CPU seconds it used for each second of the
picture, counted over SECONDS of it after WARM. CLIP holds tap frame records, number 1 for the picture, 0 for the sound.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaRecorder
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from contract.tap import TapFrame, unpack

CLIP_S = 4
PATIENCE_S = 20.0
"""A machine too slow to keep up is measured over what it managed."""


class _Clip(NamedTuple):
    frames: list[TapFrame]
    began: float


class _Decoded(MediaStreamTrack):
    """One track of the clip, decoded when it is due, again and again."""

    def __init__(self, clip: _Clip, *, video: bool) -> None:
        self.kind = "video" if video else "audio"
        super().__init__()
        self._clip = clip
        self._frames = self._due([frame for frame in clip.frames if frame.number == int(video)])
        codec = av.CodecContext.create("libvpx" if video else "libopus", "r")
        assert isinstance(codec, VideoCodecContext | AudioCodecContext)
        self._codec = codec
        self.used: list[tuple[float, float]] = []
        """(clip time, CPU time of this process) at each frame."""

    async def recv(self) -> av.VideoFrame | av.AudioFrame:
        """The next frame, not before its time."""
        while True:
            at_s, frame = next(self._frames)
            await asyncio.sleep(max(0.0, self._clip.began + at_s - time.monotonic()))
            self.used.append((at_s, time.process_time()))
            packet = av.Packet(frame.payload)
            packet.time_base, packet.pts = Fraction(1, 90_000), round(at_s * 90_000)
            for decoded in self._codec.decode(packet):
                decoded.pts, decoded.time_base = packet.pts, packet.time_base
                if isinstance(decoded, av.AudioFrame):
                    decoded.pts, decoded.time_base = round(at_s * 48_000), Fraction(1, 48_000)
                return decoded

    def _due(self, frames: list[TapFrame]) -> Iterator[tuple[float, TapFrame]]:
        turn = 0
        while True:
            for frame in frames:
                yield turn * CLIP_S + frame.wall_ns / 1e9, frame
            turn += 1


async def _record(source: Path, target: Path, warm_s: float, seconds: float) -> float:
    data, frames = source.read_bytes(), []
    while data:
        length = int.from_bytes(data[:4], "big")
        frame = unpack(data[4 : 4 + length])
        assert isinstance(frame, TapFrame)
        frames.append(frame)
        data = data[4 + length :]
    clip = _Clip(frames, time.monotonic())
    picture, sound = _Decoded(clip, video=True), _Decoded(clip, video=False)
    recorder = MediaRecorder(str(target))
    recorder.addTrack(picture)
    recorder.addTrack(sound)
    await recorder.start()
    limit = time.monotonic() + PATIENCE_S
    while time.monotonic() < limit:
        await asyncio.sleep(0.05)
        if picture.used and picture.used[-1][0] >= warm_s + seconds:
            break
    counted = [(at_s, used_s) for at_s, used_s in picture.used if at_s >= warm_s] or picture.used[-10:]
    if len(counted) < 10:
        raise RuntimeError(f"only {len(picture.used)} pictures in {PATIENCE_S} s: the machine is too busy")
    (first_s, before_s), (last_s, after_s) = counted[0], counted[-1]
    await recorder.stop()
    return (after_s - before_s) / (last_s - first_s)


if __name__ == "__main__":
    print(asyncio.run(_record(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))))
