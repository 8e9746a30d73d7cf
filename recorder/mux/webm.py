"""A live WebM file: VP8, VP9 or AV1, and Opus, in clusters of unknown size (RFC 9559, Matroska).

A cluster begins at every keyframe, or after `CLUSTER_MS`, so that players seek by scanning even without Cues; an
unknown size needs no patching later, so the file is valid after each write. A muxer with an interleaving queue keeps
back sound while the picture is muted and loses it in a crash; here nothing is kept back.
"""

import struct

from contract.media import Codec
from recorder.av1 import configuration
from recorder.formats import PictureFormat
from recorder.mux.sink import Finished, Sink
from recorder.segment import Open, Sample

CLUSTER_MS = 10_000
VIDEO, AUDIO = 1, 2
"""Track numbers."""
PRE_SKIP_SAMPLES = 312
"""What libopus looks ahead at 48 kHz: 6.5 ms that a decoder drops (RFC 7845 §4.2)."""
OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, PRE_SKIP_SAMPLES, 48_000, 0, 0)

_CODECS = {Codec.VP8: b"V_VP8", Codec.VP9: b"V_VP9", Codec.AV1: b"V_AV1"}
"""Of pictures: all that come here, H.264 may not."""
_UNKNOWN = b"\x01\xff\xff\xff\xff\xff\xff\xff"
_SEGMENT, _CLUSTER, _TIMESTAMP, _SIMPLE_BLOCK = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\xe7", b"\xa3"
_BLOCK = struct.Struct(">BhB")
_OPUS_DELAY_NS, _OPUS_ROLL_NS = 6_500_000, 80_000_000


def element(name: bytes, body: bytes) -> bytes:
    """One EBML element with its size in as few bytes as it takes (RFC 8794 §4)."""
    return element_head(name, len(body)) + body


def element_head(name: bytes, size: int) -> bytes:
    """What comes before a body of `size` bytes."""
    for length in range(1, 9):
        if size < (1 << 7 * length) - 1:
            return name + (1 << 7 * length | size).to_bytes(length, "big")
    raise ValueError(f"body: {size} bytes")


def _uint(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def header(picture: PictureFormat | None = None) -> bytes:
    """Everything before the first cluster."""
    ebml = element(
        b"\x1a\x45\xdf\xa3",
        element(b"\x42\x86", _uint(1))
        + element(b"\x42\xf7", _uint(1))
        + element(b"\x42\xf2", _uint(4))
        + element(b"\x42\xf3", _uint(8))
        + element(b"\x42\x82", b"webm")
        + element(b"\x42\x87", _uint(4))
        + element(b"\x42\x85", _uint(2)),
    )
    info = element(
        b"\x15\x49\xa9\x66",
        element(b"\x2a\xd7\xb1", _uint(1_000_000))
        + element(b"\x4d\x80", b"passline")
        + element(b"\x57\x41", b"passline"),
    )
    tracks = b""
    if picture is not None:
        size = element(b"\xb0", _uint(picture.width_px)) + element(b"\xba", _uint(picture.height_px))
        rest = element(b"\xe0", size)
        if picture.codec is Codec.AV1:
            rest = element(b"\x63\xa2", configuration(picture.parameters)) + rest
        tracks += _track(VIDEO, 1, _CODECS[picture.codec], rest)
    sound = element(b"\xb5", struct.pack(">d", 48_000.0)) + element(b"\x9f", _uint(2))
    delay = element(b"\x56\xaa", _uint(_OPUS_DELAY_NS)) + element(b"\x56\xbb", _uint(_OPUS_ROLL_NS))
    tracks += _track(AUDIO, 2, b"A_OPUS", delay + element(b"\x63\xa2", OPUS_HEAD) + element(b"\xe1", sound))
    return ebml + _SEGMENT + _UNKNOWN + info + element(b"\x16\x54\xae\x6b", tracks)


def _track(number: int, kind: int, codec: bytes, rest: bytes) -> bytes:
    return element(
        b"\xae",
        element(b"\xd7", _uint(number))
        + element(b"\x73\xc5", _uint(number))
        + element(b"\x83", _uint(kind))
        + element(b"\x9c", _uint(0))
        + element(b"\x86", codec)
        + rest,
    )


class LiveWebm:
    """One file; see recorder.mux.LiveFile."""

    def __init__(self, sink: Sink, opening: Open) -> None:
        self._sink = sink
        self._zero_ns = opening.wall_ns
        self._cluster_ms: int | None = None
        self._last_ms = {VIDEO: -1, AUDIO: -1}
        sink.write(header(opening.picture))

    def write(self, samples: list[Sample]) -> None:
        parts: list[bytes] = []
        for sample in samples:
            track = VIDEO if sample.video else AUDIO
            at_ms = max((sample.wall_ns - self._zero_ns + 500_000) // 1_000_000, self._last_ms[track] + 1)
            self._last_ms[track] = at_ms
            cluster = self._cluster_ms
            # A block may lie a little before its cluster (signed 16 bits), never far from it.
            if cluster is None or (sample.video and sample.key) or not -CLUSTER_MS <= at_ms - cluster <= CLUSTER_MS:
                cluster = self._cluster_ms = at_ms
                parts.append(_CLUSTER + _UNKNOWN + element(_TIMESTAMP, _uint(at_ms)))
            flags = 0x80 if sample.key or not sample.video else 0
            head = element_head(_SIMPLE_BLOCK, _BLOCK.size + len(sample.payload))
            parts += (head, _BLOCK.pack(0x80 | track, at_ms - cluster, flags), sample.payload)
        if parts:
            self._sink.write(b"".join(parts))

    def close(self) -> Finished:
        return self._sink.close()
