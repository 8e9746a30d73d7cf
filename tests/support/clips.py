"""The clips that fake cameras and microphones play: made once per test run, one number each."""

import functools
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.support import flashbeep

CLIP_S = 10.0


class Clip(NamedTuple):
    """A camera picture and a microphone sound that say which clip they are."""

    number: int
    picture: Path
    sound: Path

    @property
    def beep_hz(self) -> int:
        return flashbeep.beep_hz(self.number)


@functools.cache
def clip(number: int) -> Clip:
    """Clip `number` (1..15), 640x360 at 25 frames a second with a beep each second."""
    directory = Path(tempfile.mkdtemp(prefix=f"passline-clip-{number}-"))
    return Clip(
        number,
        flashbeep.write_video(directory / "camera.y4m", number, CLIP_S, fps=15),
        flashbeep.write_sound(directory / "microphone.wav", number, CLIP_S),
    )
