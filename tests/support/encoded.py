"""The measuring clip as a media worker would send it: whole encoded frames with capture times."""

import contextlib
import os
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from contract.media import Codec
from tests.support import flashbeep

_DELIMITER = b"\x12\x00"
"""Between pictures of AV1, which RTP and files leave out."""


class Encoded(NamedTuple):
    """One frame, captured `t_s` seconds after the first picture."""

    t_s: float
    video: bool
    key: bool
    payload: bytes


@lru_cache(maxsize=8)
def picture_frames(
    codec: Codec, clip: int, seconds: float, *, width_px: int = 320, height_px: int = 180, key_every: int = 50
) -> tuple[Encoded, ...]:
    """The pictures of `clip`, 25 a second, a keyframe at every `key_every`th."""
    name, options = {
        Codec.VP8: ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
        Codec.VP9: ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
        Codec.AV1: ("libsvtav1", {"preset": "12", "svtav1-params": "rtc=1:rc=2:pred-struct=1:lp=1"}),
        Codec.H264: ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "bf": "0", "profile": "baseline"}),
    }[codec]
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width_px, height_px, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, flashbeep.FPS), Fraction(flashbeep.FPS)
    encoder.bit_rate, encoder.gop_size, encoder.options = 600_000, key_every, options
    with _ordinary_priority():
        encoder.open()
    out: list[Encoded] = []
    for number, luma in enumerate(flashbeep.pictures(clip, seconds, width_px=width_px, height_px=height_px)):
        frame = av.VideoFrame.from_ndarray(luma, format="gray").reformat(format="yuv420p")
        frame.pts = number
        if number % key_every == 0:
            frame.pict_type = av.video.frame.PictureType.I
        out += [_encoded(packet, True) for packet in encoder.encode(frame)]
    out += [_encoded(packet, True) for packet in encoder.encode(None)]
    if codec is Codec.AV1:
        out = [frame._replace(payload=frame.payload.removeprefix(_DELIMITER)) for frame in out]
    return tuple(out)


@lru_cache(maxsize=8)
def sound_frames(clip: int, seconds: float) -> tuple[Encoded, ...]:
    """The beeps of `clip` as 20 ms Opus packets."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.bit_rate = 48_000
    encoder.options = {"application": "voip", "frame_duration": "20"}
    samples = flashbeep.sound(clip, seconds)
    out: list[Encoded] = []
    for at in range(0, len(samples) - 959, 960):
        stereo = np.repeat(samples[at : at + 960], 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(stereo, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
        for packet in encoder.encode(frame):
            out.append(Encoded(len(out) * 0.02, False, True, bytes(packet)))
    return tuple(out)


def both(codec: Codec, clip: int, seconds: float, **options: int) -> list[Encoded]:
    """Pictures and sound in order of time."""
    frames = [*picture_frames(codec, clip, seconds, **options), *sound_frames(clip, seconds)]
    return sorted(frames, key=lambda frame: frame.t_s)


@contextlib.contextmanager
def _ordinary_priority() -> Iterator[None]:
    """Undoes what SVT-AV1 does to whoever opens it as root: real-time priority, inherited by every browser after."""
    policy, param = os.sched_getscheduler(0), os.sched_getparam(0)
    yield
    os.sched_setscheduler(0, policy, param)


def _encoded(packet: "av.Packet[Any]", video: bool) -> Encoded:
    assert packet.pts is not None
    assert packet.time_base is not None
    return Encoded(float(packet.pts * packet.time_base), video, packet.is_keyframe, bytes(packet))
