"""What is really in a recorded file: every picture's mark and every beep, with their times, by decoding it."""

import io
from dataclasses import dataclass, field

import av
import numpy as np

from tests.support import flashbeep


@dataclass
class Decoded:
    """One file, decoded to the end."""

    duration_s: float = 0.0
    marks: list[tuple[float, flashbeep.Mark | None]] = field(default_factory=list)
    """(presentation time in seconds, mark) of every picture."""
    beeps: list[float] = field(default_factory=list)
    """Start times of the clip's beeps, seconds."""
    sound_s: float = 0.0

    @property
    def clips(self) -> set[int]:
        return {mark.clip for _, mark in self.marks if mark}

    @property
    def readable(self) -> float:
        """The share of pictures whose mark could be read."""
        return sum(1 for _, mark in self.marks if mark) / max(1, len(self.marks))

    @property
    def flashes(self) -> list[float]:
        return flashbeep.find_flashes(self.marks)


def decode(data: bytes, clip: int) -> Decoded:
    """Decode all of a WebM or MP4; beeps are looked for at the pitch of `clip`. Raises av.FFmpegError on damage."""
    out = Decoded()
    pieces: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    start: float | None = None
    with av.open(io.BytesIO(data), mode="r") as container:
        assert container.duration is not None, "the file does not say how long it is"
        out.duration_s = container.duration / 1_000_000
        for frame in container.decode(*(*container.streams.video, *container.streams.audio)):
            if isinstance(frame, av.VideoFrame):
                out.marks.append(
                    (float(frame.time or 0.0), flashbeep.read(frame.to_ndarray(format="gray").astype(np.uint8)))
                )
            elif isinstance(frame, av.AudioFrame):
                samples = frame.to_ndarray()
                mono = samples.mean(axis=0) if samples.ndim == 2 and frame.format.is_planar else samples.reshape(-1)
                if frame.layout.nb_channels == 2 and not frame.format.is_planar:
                    mono = mono.reshape(-1, 2).mean(axis=1)
                at = float(frame.time or 0.0)
                if start is None:
                    start = at
                have = sum(piece.size for piece in pieces)
                missing = round((at - start) * frame.sample_rate) - have
                if missing > frame.sample_rate // 50:
                    pieces.append(np.zeros(missing, np.float32))
                pieces.append(mono.astype(np.float32))
    if pieces and start is not None:
        sound = np.concatenate(pieces)
        out.sound_s = sound.size / flashbeep.SAMPLE_RATE_HZ
        out.beeps = [start + at for at in flashbeep.find_beeps(sound, clip)]
    return out


def offset_s(flashes: list[float], beeps: list[float]) -> float:
    """How much later than its flash a beep comes: the median over the seconds, in -0.5 … 0.5."""
    assert flashes, "no flash was found"
    assert beeps, "no beep was found"
    distances = []
    for flash in flashes:
        nearest = min(beeps, key=lambda beep: abs(beep - flash))
        distances.append((nearest - flash + 0.5) % 1.0 - 0.5)
    return float(np.median(distances))
