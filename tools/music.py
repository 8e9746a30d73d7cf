"""Makes the music that a store hears on hold: `python tools/music.py web/src/rtc/hold.mp3`.

Composed here and for this: soft struck tones over eight bars, so that nobody's licence is in it. The last bar rings out
into silence, which hides the moment in which a player begins again. The file is kept with the sources, since making it
needs what runs nowhere but here; the same numbers make the same tones.
"""

import sys
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

RATE_HZ = 24_000
BIT_RATE_BPS = 40_000
BEAT_S = 0.75
BARS = (
    ("C3", "E4 G4 C5 G4"),
    ("A2", "E4 A4 C5 A4"),
    ("F2", "F4 A4 C5 A4"),
    ("G2", "D4 G4 B4 G4"),
    ("C3", "G4 E5 D5 C5"),
    ("A2", "A4 C5 E5 C5"),
    ("F2", "A4 F4 G4 A4"),
    ("C3", "G4 E4 C4"),
)
"""A low tone and four beats above it; a bar lasts 3 s."""
_STEPS = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}
PEAK = 0.5

Samples = npt.NDArray[np.float64]


def pitch_hz(name: str) -> float:
    """Of a white key, `A4` being 440 Hz."""
    return float(440.0 * 2 ** ((_STEPS[name[0]] + 12 * (int(name[1]) - 4)) / 12))


def tone(hz: float, length_s: float, loudness: float) -> Samples:
    """(n,) float64: struck softly, dying away, with a little of the octave and the twelfth."""
    t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    voice = sum(share * np.sin(2 * np.pi * hz * part * t) for part, share in ((1, 1.0), (2, 0.18), (3, 0.06)))
    rise = np.minimum(1.0, t / 0.03)
    fall = np.minimum(1.0, (length_s - t) / 0.2)
    return np.asarray(loudness * voice * rise * fall * np.exp(-t / (0.42 * length_s)))


def music() -> Samples:
    """(n,) float64 in ±PEAK."""
    bar_s = 4 * BEAT_S
    out = np.zeros(round((len(BARS) + 0.5) * bar_s * RATE_HZ))
    for number, (low, notes) in enumerate(BARS):
        struck = [(0.0, tone(pitch_hz(low), 1.4 * bar_s, 0.8))]
        struck += [(beat * BEAT_S, tone(pitch_hz(note), 3 * BEAT_S, 0.5)) for beat, note in enumerate(notes.split())]
        for at_s, samples in struck:
            start = round((number * bar_s + at_s) * RATE_HZ)
            out[start : start + len(samples)] += samples[: len(out) - start]
    return np.asarray(out * (PEAK / np.abs(out).max()))


def write(path: Path, samples: Samples) -> None:
    """As MP3, which every browser plays."""
    with av.open(str(path), "w", format="mp3") as file:
        stream = file.add_stream("libmp3lame", rate=RATE_HZ)
        stream.bit_rate = BIT_RATE_BPS
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray((samples[None, :] * 32767).astype(np.int16), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=RATE_HZ, frame_size=576)
        for part in (*resampler.resample(frame), *resampler.resample(None), None):
            file.mux(stream.encode(part))


if __name__ == "__main__":
    write(Path(sys.argv[1]), music())
