"""A live fragmented MP4 file: H.264 and Opus, a fragment at every keyframe, or ten a second.

FFmpeg's muxer does the work; its streams are made from templates, read from the first keyframe (whose parameter sets
become the `avcC` box) and from an empty Opus WebM file, so that nothing is encoded.
"""

import io
from fractions import Fraction

import av
from av.container import InputContainer

from recorder.mux.sink import Finished, Sink
from recorder.mux.webm import LiveWebm
from recorder.segment import Open, Sample

OPTIONS = {
    "movflags": "+frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "100000",
    "flush_packets": "1",
    "max_interleave_delta": "500000",
}
_TIME_BASE = Fraction(1, 1_000_000)
_OPUS_SILENCE = b"\xf8\xff\xfe"
"""A 20 ms packet without sound."""


class _Buffer:
    """What FFmpeg writes to: hands it to the sink in one piece, and remembers the first failure.

    An exception inside FFmpeg's callback would be turned into a vague one, and only later.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush_to_sink(self) -> None:
        if self._parts:
            data, self._parts = b"".join(self._parts), []
            self._sink.write(data)


class FragmentedMp4:
    """One file; see recorder.mux.LiveFile."""

    def __init__(self, sink: Sink, opening: Open) -> None:
        self._sink = sink
        self._zero_ns = opening.wall_ns
        self._last_us = {True: -1000, False: -1000}
        self._buffer = _Buffer(sink)
        # The templates must outlive the streams made from them.
        self._templates = (_open(opening.keyframe, "h264"), _open(_opus_file(), "matroska"))
        try:
            self._container = av.open(self._buffer, "w", format="mp4", options=OPTIONS)
            self._streams = {
                True: self._container.add_stream_from_template(self._templates[0].streams.video[0], opaque=True),
                False: self._container.add_stream_from_template(self._templates[1].streams.audio[0], opaque=True),
            }
        except (av.FFmpegError, IndexError) as error:
            raise ValueError("keyframe: no usable H.264 parameter sets") from error

    def write(self, samples: list[Sample]) -> None:
        for sample in samples:
            at_us = max((sample.wall_ns - self._zero_ns) // 1000, self._last_us[sample.video] + 1000)
            self._last_us[sample.video] = at_us
            packet = av.Packet(sample.payload)
            packet.stream = self._streams[sample.video]
            packet.time_base = _TIME_BASE
            packet.pts = packet.dts = at_us
            packet.is_keyframe = sample.key or not sample.video
            self._container.mux_one(packet)
        self._buffer.flush_to_sink()

    def close(self) -> Finished:
        try:
            self._container.close()
            for template in self._templates:
                template.close()
            self._buffer.flush_to_sink()
        finally:
            finished = self._sink.close()
        return finished


def _open(data: bytes, form: str) -> InputContainer:
    return av.open(io.BytesIO(data), "r", format=form)


class _Memory(Sink):
    """A sink without a file."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


def _opus_file() -> bytes:
    memory = _Memory()
    LiveWebm(memory, Open(0, None, b"")).write([Sample(n * 20_000_000, False, True, _OPUS_SILENCE) for n in range(3)])
    return memory.data
