"""What the bench's publisher sends: real VP8 and Opus, encoded once, played in a loop."""

from fractions import Fraction
from typing import NamedTuple

import av

WIDTH_PX, HEIGHT_PX = 640, 480
FRAME_RATE_HZ = 30
VIDEO_BPS = 1_200_000
"""About 150 packets a second, of which 16 are one keyframe."""
LOOP_S = 2
PAYLOAD_BYTES = 1150
OPUS_S = 0.02


class Clip(NamedTuple):
    """`frames[k]` are the RTP payloads of one picture, the first picture is a keyframe; `sounds` are Opus packets."""

    frames: list[list[bytes]]
    sounds: list[bytes]


def make_clip() -> Clip:
    """Encode a moving test picture and a tone."""
    return Clip([_packetise(number, frame) for number, frame in enumerate(_pictures())], _sounds())


def _packetise(number: int, frame: bytes) -> list[bytes]:
    """RFC 7741: extended descriptor with a 15-bit picture id."""
    return [
        bytes((0x90 if not at else 0x80, 0x80, 0x80 | number >> 8 & 0x7F, number & 0xFF))
        + frame[at : at + PAYLOAD_BYTES]
        for at in range(0, len(frame), PAYLOAD_BYTES)
    ]


def _pictures() -> list[bytes]:
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    encoder.bit_rate = VIDEO_BPS
    encoder.time_base = Fraction(1, FRAME_RATE_HZ)
    encoder.framerate = Fraction(FRAME_RATE_HZ)
    encoder.gop_size = 10_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "error-resilient": "1"}
    packets: list[bytes] = []
    with av.open(f"testsrc2=size={WIDTH_PX}x{HEIGHT_PX}:rate={FRAME_RATE_HZ}", format="lavfi") as source:
        for number, frame in enumerate(source.decode(video=0)):
            if number == LOOP_S * FRAME_RATE_HZ:
                break
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = number, encoder.time_base
            picture.pict_type = av.video.frame.PictureType.NONE  # each came as a keyframe, and would be one again
            packets += [bytes(packet) for packet in encoder.encode(picture)]
    return packets


def _sounds() -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.bit_rate = 32_000
    packets: list[bytes] = []
    with av.open("sine=frequency=440:sample_rate=48000:samples_per_frame=960", format="lavfi") as source:
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=48_000, frame_size=960)
        for number, frame in enumerate(source.decode(audio=0)):
            if number == LOOP_S * 50:
                break
            for part in resampler.resample(frame):
                packets += [bytes(packet) for packet in encoder.encode(part)]
    return packets
