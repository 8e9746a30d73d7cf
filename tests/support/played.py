"""What a player gets out of a recorded file: pictures with their numbers, beeps, and how far they lie apart."""

import io
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from tests.support import flashbeep
from tests.support.flashbeep import Mark


@dataclass(frozen=True)
class Played:
    """A decoded file; times in seconds from its beginning as a player shows them."""

    marks: list[tuple[float, Mark | None]]
    beeps: list[float]
    flashes: list[float]
    sounds: list[float]
    """When each piece of sound begins, 20 ms apart but for holes."""
    sound_s: float
    """Length of the sound."""
    duration_s: float
    """What the file says of itself; 0 if it says nothing."""

    @property
    def numbers(self) -> list[int]:
        return [mark.number for _, mark in self.marks if mark is not None]

    @property
    def clips(self) -> set[int]:
        """Whose pictures these are."""
        return {mark.clip for _, mark in self.marks if mark is not None}

    @property
    def readable(self) -> float:
        """The share of pictures whose mark could be read."""
        return len(self.numbers) / max(1, len(self.marks))

    @property
    def offsets_s(self) -> list[float]:
        """Beep minus flash, for each flash that has a beep within 0.4 s."""
        near = ((min(self.beeps, key=lambda beep: abs(beep - flash)), flash) for flash in self.flashes if self.beeps)
        return [beep - flash for beep, flash in near if abs(beep - flash) < 0.4]


def offset_s(flashes: list[float], beeps: list[float]) -> float:
    """How much later than its flash a beep comes: the median over the seconds, in -0.5 … 0.5."""
    assert flashes, "no flash was found"
    assert beeps, "no beep was found"
    nearest = [(min(beeps, key=lambda beep: abs(beep - flash)), flash) for flash in flashes]
    return float(np.median([(beep - flash + 0.5) % 1.0 - 0.5 for beep, flash in nearest]))


def play(file: Path | bytes, clip: int) -> Played:
    """Decode all of a file, or of its bytes. Raises av.FFmpegError for one that does not play."""
    marks: list[tuple[float, Mark | None]] = []
    pieces: list[tuple[float, np.ndarray]] = []
    with av.open(str(file) if isinstance(file, Path) else io.BytesIO(file), mode="r") as container:
        duration_s = (container.duration or 0) / av.time_base
        frames: Iterable[object] = container.decode()  # PyAV's types promise pictures only
        for frame in frames:
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            assert frame.time is not None
            if isinstance(frame, av.VideoFrame):
                picture = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
                marks.append((frame.time, flashbeep.read(picture)))
            else:
                data = frame.to_ndarray()
                mono = data[0] if frame.format.is_planar else data[0][:: frame.layout.nb_channels]
                pieces.append((frame.time, mono.astype(np.float64)))
    rate = flashbeep.SAMPLE_RATE_HZ
    end = max((at + len(piece) / rate for at, piece in pieces), default=0.0)
    # Each piece lies where its timestamp says: a hole stays a hole.
    sound = np.zeros(round(max(end, 0) * rate) + 1)
    for at, piece in pieces:
        start = max(0, round(at * rate))
        sound[start : start + len(piece)] = piece[: len(sound) - start]
    return Played(
        marks,
        flashbeep.find_beeps(sound, clip),
        flashbeep.find_flashes(marks),
        [at for at, _ in pieces],
        end,
        duration_s,
    )


def probe_errors(path: Path) -> str:
    """What ffprobe complains about while it reads every packet; empty for a clean file."""
    done = subprocess.run(
        ["ffprobe", "-v", "warning", "-count_packets", "-show_entries", "stream=nb_read_packets", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")
