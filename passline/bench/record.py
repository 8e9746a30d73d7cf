"""What recording one 720p participant costs: our recorder beside aiortc's MediaRecorder.

Both get the same encoded frames (VP8 1280x720, 30 a second, about 1.2 Mbit/s, and Opus) in real time, in windows that
take turns. Ours is the real process, fed over its tap socket by the media worker's own code. MediaRecorder takes
decoded frames only, so its process decodes first, as an aiortc receiver does, and then encodes WebM. Counted is the CPU
time of all threads of the process per second of recording: where MediaRecorder cannot keep up, its seconds last longer.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from contract.ids import PersonId, RecordingId, RoomId, WorkerId
from contract.media import Codec, Source
from contract.nodes import CONTROL_SOCKET, MAX_LINK_BYTES, TAP_SOCKET
from contract.tap import MAX_TAP_BYTES, TapFrame, TapHello, TapOpen, TapTrack, pack_frame, pack_message
from media.taplink import TapConnection
from runtime.link import Link, serve

WIDTH_PX, HEIGHT_PX, FPS = 1280, 720, 30
CLIP_S = 4
WINDOWS = 5
OURS_S, THEIRS_S, WARM_S = 6.0, 3.0, 2.0
MANY = 10
MIXED_SEED = 7


class Encoded(NamedTuple):
    """One frame, `t_s` after the beginning of the clip."""

    t_s: float
    video: bool
    key: bool
    payload: bytes


def run() -> dict[str, Any]:
    """One row for each subject; takes about a minute and a half."""
    clip = _clip()
    bitrate_bps = sum(len(frame.payload) for frame in clip) * 8 / CLIP_S
    figures: dict[tuple[str, int], list[float]] = {
        ("recorder", 1): [],
        ("recorder", MANY): [],
        ("mediarecorder", 1): [],
    }
    with tempfile.TemporaryDirectory(prefix="passline-bench-") as folder:
        for _ in range(WINDOWS):
            figures["recorder", 1].append(_ours(Path(folder), clip, 1, OURS_S))
            figures["mediarecorder", 1].append(_theirs(Path(folder), clip))
        figures["recorder", MANY].append(_ours(Path(folder), clip, MANY, OURS_S))
    rows = [
        {
            "subject": subject,
            "participants": participants,
            "cpu_percent_of_core": round(statistics.median(values) / participants, 4),
            "lowest": round(min(values) / participants, 4),
            "highest": round(max(values) / participants, 4),
            "windows": len(values),
            "bitrate_bps": round(bitrate_bps),
        }
        for (subject, participants), values in figures.items()
    ]
    ours, theirs = (statistics.median(figures[subject, 1]) for subject in ("recorder", "mediarecorder"))
    return {"rows": rows, "mediarecorder_over_recorder": round(theirs / ours, 1)}


# --- the clip -----------------------------------------------------------------------------------------------------


def _clip() -> list[Encoded]:
    """A moving, slightly noisy picture with a tone; loops seamlessly enough, as it begins with a keyframe."""
    video = av.CodecContext.create("libvpx", "w")
    video.width, video.height, video.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    video.time_base, video.framerate, video.bit_rate = Fraction(1, FPS), Fraction(FPS), 1_200_000
    video.gop_size = FPS * CLIP_S
    video.options = {"deadline": "realtime", "cpu-used": "10", "lag-in-frames": "0", "maxrate": "1200000"}
    random = np.random.default_rng(MIXED_SEED)
    ground = (np.add.outer(np.arange(HEIGHT_PX), np.arange(WIDTH_PX)) // 6 % 160).astype(np.uint8)
    frames: list[Encoded] = []
    for number in range(FPS * CLIP_S):
        picture = np.roll(ground, number * 3, axis=1) + random.integers(0, 12, ground.shape, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
        frame.pts = number
        frames += [Encoded(number / FPS, True, packet.is_keyframe, bytes(packet)) for packet in video.encode(frame)]
    audio = av.CodecContext.create("libopus", "w")
    audio.sample_rate, audio.layout, audio.format, audio.bit_rate = 48_000, "stereo", "s16", 48_000
    tone = (np.sin(np.arange(960 * 2) // 2 / 48_000 * 2 * np.pi * 440) * 8000).astype(np.int16).reshape(1, -1)
    for number in range(50 * CLIP_S):
        sound = av.AudioFrame.from_ndarray(tone, format="s16", layout="stereo")
        sound.sample_rate, sound.pts, sound.time_base = 48_000, number * 960, Fraction(1, 48_000)
        frames += [Encoded(number / 50, False, True, bytes(packet)) for packet in audio.encode(sound)]
    return sorted(frames, key=lambda frame: frame.t_s)


# --- ours ---------------------------------------------------------------------------------------------------------


def _ours(folder: Path, clip: list[Encoded], participants: int, seconds: float) -> float:
    """CPU per cent of a core of a recorder process that records so many participants."""
    data = Path(tempfile.mkdtemp(dir=folder))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PASSLINE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "recorder"],
        env=environment | {"PASSLINE_DATA": str(data), "PASSLINE_LOG_LEVEL": "error"},
    )
    try:
        deadline = time.monotonic() + 20
        while not (data / TAP_SOCKET).exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the recorder did not start")
            time.sleep(0.05)
        return asyncio.run(_feed(data, clip, participants, process.pid, seconds))
    finally:
        process.terminate()
        process.wait(10)


async def _feed(data: Path, clip: list[Encoded], participants: int, pid: int, seconds: float) -> float:
    # The recorder's link to signaling has to be up, or it would keep trying.
    control = await serve(data / CONTROL_SOCKET, _listen, max_record_bytes=MAX_LINK_BYTES)
    try:
        return await _feed_tap(data, clip, participants, pid, seconds)
    finally:
        control.close()


async def _listen(link: Link) -> None:
    while True:
        await link.receive()


async def _feed_tap(data: Path, clip: list[Encoded], participants: int, pid: int, seconds: float) -> float:
    reader, writer = await asyncio.open_unix_connection(str(data / TAP_SOCKET))
    link = Link(reader, writer, max_record_bytes=MAX_TAP_BYTES)
    tap = TapConnection(link)
    recording = RecordingId("bench")
    tap.send(pack_message(TapHello(worker=WorkerId("bench"))))
    tap.send(pack_message(TapOpen(recording=recording, room=RoomId("bench"), epoch=1, wall_ns=time.time_ns())))
    for number in range(2 * participants):
        video = number % 2 == 0
        track = TapTrack(
            recording=recording,
            number=number,
            participant=PersonId(f"p-{number // 2}"),
            source=Source.CAMERA if video else Source.MICROPHONE,
            codec=Codec.VP8 if video else Codec.OPUS,
            clock_rate_hz=90_000 if video else 48_000,
            wall_ns=time.time_ns(),
        )
        tap.send(pack_message(track))
    begin, zero_ns = time.monotonic(), time.time_ns()
    used_s = measured_from = 0.0
    for at_s, frame in _looped(clip, WARM_S + seconds):
        await asyncio.sleep(max(0.0, begin + at_s - time.monotonic()))
        if not measured_from and at_s >= WARM_S:
            used_s, measured_from = _cpu_s(pid), time.monotonic()
        for number in range(participants):
            track_number = 2 * number + (0 if frame.video else 1)
            wall_ns = zero_ns + round(at_s * 1e9)
            tap.send(pack_frame(TapFrame(track_number, frame.key, wall_ns, frame.payload)))
    result = 100 * (_cpu_s(pid) - used_s) / (time.monotonic() - measured_from)
    written = sum(path.stat().st_size for path in data.rglob("live-*"))
    if written < 0.8 * participants * sum(len(frame.payload) for frame in clip) / CLIP_S * seconds:
        raise RuntimeError(f"only {written} bytes were recorded")
    tap.close()
    await link.aclose()
    return result


# --- theirs -------------------------------------------------------------------------------------------------------


def _theirs(folder: Path, clip: list[Encoded]) -> float:
    """CPU per cent of a core of a process that decodes the clip and hands it to MediaRecorder."""
    source = folder / "clip.bin"
    if not source.exists():
        source.write_bytes(
            b"".join(
                pack_frame(TapFrame(int(frame.video), frame.key, round(frame.t_s * 1e9), frame.payload))
                for frame in clip
            )
        )
    target = Path(tempfile.mkdtemp(dir=folder)) / "theirs.webm"
    command = [
        sys.executable,
        "-m",
        "passline.bench.mediarecorder",
        str(source),
        str(target),
        str(WARM_S / 2),
        str(THEIRS_S),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=True)
    return 100 * float(done.stdout)


# --- measuring ----------------------------------------------------------------------------------------------------


def _looped(clip: list[Encoded], seconds: float) -> list[tuple[float, Encoded]]:
    rounds = range(int(seconds // CLIP_S) + 1)
    every = ((turn * CLIP_S + frame.t_s, frame) for turn in rounds for frame in clip)
    return [(at_s, frame) for at_s, frame in every if at_s < seconds]


def _cpu_s(pid: int) -> float:
    """CPU seconds of all living threads of a process, to the nanosecond (schedstat)."""
    used_ns = sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return used_ns / 1e9
