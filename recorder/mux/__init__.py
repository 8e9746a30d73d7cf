"""Live files: containers that are valid after every write, chosen by the picture's codec."""

from pathlib import Path
from typing import Protocol

from contract.media import Codec
from recorder.mux.sink import Finished, Sink
from recorder.mux.webm import LiveWebm
from recorder.segment import Open, Sample

__all__ = ["Finished", "LiveFile", "extension", "open_live"]


class LiveFile(Protocol):
    """A file that grows. Its methods do disk IO, may raise OSError, and run in one thread at a time."""

    def write(self, samples: list[Sample]) -> None:
        """Append samples, in order of time, by one write to the disk."""

    def close(self) -> Finished:
        """End the file; it was valid before, too."""


def extension(opening: Open) -> str:
    """`webm`, or `mp4` for H.264, which WebM may not carry."""
    return "mp4" if opening.picture is not None and opening.picture.codec is Codec.H264 else "webm"


def open_live(path: Path, opening: Open) -> LiveFile:
    """Create the file and write its header. Raises OSError; ValueError if the keyframe is unusable."""
    sink = Sink(path)
    try:
        if extension(opening) == "webm":
            return LiveWebm(sink, opening)
        # FFmpeg is loaded when the first H.264 comes: a recorder starts sooner, and smaller, without it.
        from recorder.mux.mp4 import FragmentedMp4  # noqa: PLC0415

        return FragmentedMp4(sink, opening)
    except BaseException:
        sink.close()
        raise
