"""The child process that copies a live file into a part that any player opens and seeks in, without decoding.

`python -m recorder.remux` reads lines of JSON, `["IN", "OUT"]`, and answers each with one of `Result`'s fields; it ends
with the first file that it cannot copy. A process of its own: damaged bytes that crash a demuxer crash nothing else,
and its work does not hold up the loop of the recorder. One starts with every recording that ends: it imports nothing of
the project but what it needs to copy, which makes its start a fifth of what it would cost.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
from av.container import InputContainer

from recorder.av1 import codec_name
from recorder.copied import Result


class _Contents(NamedTuple):
    """What can be read from a file: packets of each kind, and its length."""

    video: int
    audio: int
    duration_s: float


def remux(source: Path, target: Path) -> Result:
    """Copy; `target` is durable when this returns. Raises av.FFmpegError, OSError; ValueError if the copy differs."""
    mp4 = source.suffix == ".mp4"
    with av.open(str(source), "r", format="mp4" if mp4 else "matroska") as container:
        held = _contents(container)
        video = container.streams.video[0] if held.video else None
        width, height = (video.codec_context.width, video.codec_context.height) if video else (0, 0)
        picture = _codec(video) if video else ""
    result = Result(
        packets=held.video + held.audio,
        duration_s=held.duration_s,
        has_video=held.video > 0,
        has_audio=held.audio > 0,
        width_px=width,
        height_px=height,
        picture=picture,
        size_bytes=0,
        sha256="",
    )
    if not result["packets"]:
        return result
    _copy(source, target, mp4=mp4, held=held)
    with av.open(str(target), "r", format="mp4" if mp4 else "matroska") as container:
        copied = _contents(container)
    if (copied.video, copied.audio) != (held.video, held.audio):
        raise ValueError(f"copy: {copied} of {held}")
    result["duration_s"] = copied.duration_s
    with target.open("rb+") as file:
        result["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
        result["size_bytes"] = file.tell()
        os.fsync(file.fileno())
    return result


def _codec(video: av.VideoStream) -> str:
    name, extradata = video.codec.canonical_name, bytes(video.codec_context.extradata or b"")
    if name == "av1":
        return codec_name(extradata)
    return f"avc1.{extradata[1:4].hex().upper()}" if name == "h264" else name


def _copy(source: Path, target: Path, *, mp4: bool, held: _Contents) -> None:
    options = {"movflags": "+faststart"} if mp4 else {"cues_to_front": "1"}
    with (
        av.open(str(source), "r", format="mp4" if mp4 else "matroska") as reader,
        av.open(str(target), "w", format="mp4" if mp4 else "webm", options=options) as writer,
    ):
        copies: dict[int, av.VideoStream | av.AudioStream] = {}
        if held.video:
            picture = reader.streams.video[0]
            copies[picture.index] = writer.add_stream_from_template(picture, opaque=True)
        if held.audio:
            sound = reader.streams.audio[0]
            copies[sound.index] = writer.add_stream_from_template(sound, opaque=True)
        for packet in _packets(reader):
            if packet.stream.index in copies:
                packet.stream = copies[packet.stream.index]
                writer.mux_one(packet)


def _packets(container: InputContainer) -> Iterator["av.Packet[Any]"]:
    """All packets that can be read; a torn end is an end."""
    try:
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                yield packet
    except (av.InvalidDataError, av.EOFError):
        return


def _contents(container: InputContainer) -> _Contents:
    count = {"video": 0, "audio": 0}
    first: float | None = None
    last = 0.0
    usual = {"video": 0.0, "audio": 0.02}
    before: dict[str, float] = {}
    for packet in _packets(container):
        kind = packet.stream.type
        assert packet.pts is not None
        at = float(packet.pts * packet.time_base)
        if kind == "video" and kind in before:
            usual[kind] = min(max(at - before[kind], 0.0), 0.1)
        before[kind] = at
        count[kind] += 1
        first = at if first is None else min(first, at)
        last = max(last, at + usual[kind])
    return _Contents(count["video"], count["audio"], max(0.0, last - (first or 0.0)))


def main() -> None:
    """Entry point of the child."""
    av.logging.set_level(None)
    for line in sys.stdin:
        source, target = json.loads(line)
        print(json.dumps(remux(Path(source), Path(target))), flush=True)


if __name__ == "__main__":
    main()
