"""A clip that measures itself: numbered frames, a white flash with a beep at every full second.

Each picture carries 24 bits as black and white cells (clip 4 bits, frame number 14 bits, check 6 bits), placed in
fractions of the picture so that scaling and lossy coding leave them readable. The first `FLASH_FRAMES` frames of each
second are white below the cells, and the sound has a beep that starts with the first of them; the pitch tells the
clip (`beep_hz`). Flash against beep is the A/V offset, the numbers say which frames came through.

For Chromium's fake capture write a `.mjpeg` (or `.y4m`) with `write_video` and a `.wav` with `write_sound`; the browser
loops both, and starts each when its device opens, so the offset *between* the two files means nothing there, and
`echoCancellation` may eat beeps. `READER_JS` reads the cells of a `<video>` in a page.
"""

import math
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
"""(H, W) luma, or (H, W, 3) in any order of colours: everything is grey."""
Sound = NDArray[np.int16]
"""(n,) mono."""

WIDTH_PX, HEIGHT_PX, FPS, SAMPLE_RATE_HZ = 640, 360, 25, 48_000
FLASH_FRAMES = 2
BEEP_S = 0.08
MAX_CLIP, MAX_NUMBER = 15, 2**14 - 1

_COLUMNS, _ROWS = 16, 12
"""The grid of cells; the bits lie in rows 1 and 2, columns 2..13; columns 1 and 14 are white and black references."""
_BITS = 24
_DARK, _WHITE, _GREY, _BAR = 16, 235, 64, 110


class Mark(NamedTuple):
    """What one picture says of itself."""

    clip: int
    number: int
    flash: bool


# --- pictures -----------------------------------------------------------------------------------------------------


def picture(clip: int, number: int, *, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX, fps: int = FPS) -> Picture:
    """Frame `number` (modulo 2**14) of `clip` (0..15) as (H, W) uint8 luma."""
    if not 0 <= clip <= MAX_CLIP:
        raise ValueError(f"clip: {clip} is not in 0..{MAX_CLIP}")
    flash = number % fps < FLASH_FRAMES
    out = np.full((height_px, width_px), _GREY, np.uint8)
    lower = height_px * 4 // _ROWS
    if flash:
        out[lower:] = _WHITE
    else:
        # A moving bar gives the encoder work and the eye something to follow.
        at = number % (2 * fps) * (width_px - width_px // 8) // (2 * fps)
        out[lower + height_px // 12 :, at : at + width_px // 8] = _BAR + 5 * clip
    _fill(out, 1, 1, _WHITE, rows=2)
    _fill(out, 14, 1, _DARK, rows=2)
    word = _word(clip, number & MAX_NUMBER)
    for bit in range(_BITS):
        row, column = divmod(bit, 12)
        _fill(out, 2 + column, 1 + row, _WHITE if word >> (_BITS - 1 - bit) & 1 else _DARK)
    return out


def pictures(
    clip: int, seconds: float, *, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX, fps: int = FPS
) -> Iterator[Picture]:
    """The frames 0, 1, … of `seconds` of `clip`."""
    for number in range(round(seconds * fps)):
        yield picture(clip, number, width_px=width_px, height_px=height_px, fps=fps)


def read(frame: Picture) -> Mark | None:
    """What `frame` says, or None if it is no picture of such a clip, or too damaged to tell."""
    luma = frame if frame.ndim == 2 else frame[:, :, 1]
    if luma.shape[0] < _ROWS * 2 or luma.shape[1] < _COLUMNS * 2:
        return None
    white, black = _mean(luma, 1, 1, rows=2), _mean(luma, 14, 1, rows=2)
    if white - black < 60:
        return None
    middle = (white + black) / 2
    word = 0
    for bit in range(_BITS):
        row, column = divmod(bit, 12)
        word = word << 1 | (_mean(luma, 2 + column, 1 + row) > middle)
    clip, number = word >> 20, word >> 6 & MAX_NUMBER
    if word != _word(clip, number):
        return None
    below = luma[luma.shape[0] * 5 // _ROWS :]
    return Mark(clip, number, bool(below.mean() > white - 40))


def read_number(frame: Picture) -> int | None:
    """The frame number in `frame`, or None."""
    mark = read(frame)
    return None if mark is None else mark.number


def _word(clip: int, number: int) -> int:
    """clip, number and a check that a flipped or shifted cell does not survive."""
    data = clip << 14 | number
    return data << 6 | (data * 0x9E3779B1 >> 20 & 0x3F ^ 0x2A)


def _box(shape: tuple[int, ...], column: int, row: int, rows: int) -> tuple[float, float, float, float]:
    height, width = shape[0] / _ROWS, shape[1] / _COLUMNS
    return column * width, (column + 1) * width, row * height, (row + rows) * height


def _fill(out: Picture, column: int, row: int, value: int, rows: int = 1) -> None:
    left, right, top, bottom = _box(out.shape, column, row, rows)
    out[round(top) : round(bottom), round(left) : round(right)] = value


def _mean(luma: Picture, column: int, row: int, rows: int = 1) -> float:
    """Mean of the inner half of a cell: edges blur."""
    left, right, top, bottom = _box(luma.shape, column, row, rows)
    dx, dy = (right - left) / 4, (bottom - top) / 4
    return float(luma[int(top + dy) : math.ceil(bottom - dy), int(left + dx) : math.ceil(right - dx)].mean())


READER_JS = """
(video) => {
  // {clip, number, flash} of what a <video> shows now, or null.
  const W = 320, H = 180, canvas = new OffscreenCanvas(W, H), ctx = canvas.getContext('2d');
  if (!video.videoWidth) return null;
  ctx.drawImage(video, 0, 0, W, H);
  const px = ctx.getImageData(0, 0, W, H).data;
  const mean = (x0, x1, y0, y1) => {
    let sum = 0, n = 0;
    for (let y = Math.floor(y0); y < y1; y++)
      for (let x = Math.floor(x0); x < x1; x++) { sum += px[(y * W + x) * 4 + 1]; n++; }
    return sum / n;
  };
  const cell = (c, r, rows = 1) => {
    const w = W / 16, h = H / 12;
    return mean(c * w + w / 4, (c + 1) * w - w / 4, r * h + h * rows / 4, (r + rows) * h - h * rows / 4);
  };
  const white = cell(1, 1, 2), black = cell(14, 1, 2);
  if (white - black < 60) return null;
  let word = 0;
  for (let i = 0; i < 24; i++)
    word = word * 2 + (cell(2 + i % 12, 1 + Math.floor(i / 12)) > (white + black) / 2 ? 1 : 0);
  const clip = word >> 20, number = (word >> 6) & 0x3fff, data = BigInt((clip << 14) | number);
  const check = Number((((data * 0x9E3779B1n) >> 20n) & 0x3fn) ^ 0x2an);
  if ((word & 0x3f) !== check) return null;
  return { clip, number, flash: mean(0, W, H * 5 / 12, H) > white - 40 };
}
"""


# --- sound --------------------------------------------------------------------------------------------------------


def beep_hz(clip: int) -> int:
    """The pitch of a clip's beeps: 1 kHz for clip 1, 200 Hz more for each further one."""
    return 800 + 200 * clip


def sound(clip: int, seconds: float) -> Sound:
    """`seconds` of silence with a beep at every full second, 48 kHz."""
    out = np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float64)
    t = np.arange(round(BEEP_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    edge = np.minimum(1.0, np.minimum(t, BEEP_S - t) / 0.002)
    beep = np.sin(2 * np.pi * beep_hz(clip) * t) * edge * 0.6
    for second in range(math.ceil(seconds)):
        piece = out[second * SAMPLE_RATE_HZ :][: len(beep)]
        piece += beep[: len(piece)]
    return (out * 32767).astype(np.int16)


def find_beeps(samples: NDArray[np.generic], clip: int, *, rate_hz: int = SAMPLE_RATE_HZ) -> list[float]:
    """Where beeps of `clip` start, seconds from the first sample; within about 3 ms. `samples`: (n,) mono.

    A beep is 30 ms or more in which the clip's pitch carries most of the energy and is far above its median.
    """
    window, hop = rate_hz // 100, rate_hz // 500
    data = samples.astype(np.float64)
    if data.size < window:
        return []
    peak = np.abs(data).max()
    if peak == 0:
        return []
    blocks = np.lib.stride_tricks.sliding_window_view(data / peak, window)[::hop]
    tone = np.exp(-2j * np.pi * beep_hz(clip) * np.arange(window) / rate_hz)
    strength = np.abs(blocks @ tone) / (window / 2)
    energy = np.sqrt((blocks**2).mean(axis=1) * 2) + 1e-9
    loud = (strength > 0.25 * strength.max()) & (strength > 0.1) & (strength / energy > 0.6)
    starts: list[float] = []
    run = 0
    for index, on in enumerate([*loud.tolist(), False]):
        if on:
            run += 1
            continue
        if run * hop >= 0.03 * rate_hz:
            # A window counts as loud once a quarter of it is beep.
            start = ((index - run) * hop + window * 3 // 4) / rate_hz
            if not starts or start - starts[-1] > 0.3:
                starts.append(start)
        run = 0
    return starts


def find_flashes(marks: Iterable[tuple[float, Mark | None]]) -> list[float]:
    """Times at which a flash begins, from (time, mark) in order; the very first picture cannot tell."""
    starts: list[float] = []
    before: bool | None = None
    for at, mark in marks:
        if mark is None:
            continue
        if mark.flash and before is False:
            starts.append(at)
        before = mark.flash
    return starts


# --- files --------------------------------------------------------------------------------------------------------


def write_video(
    path: Path, clip: int, seconds: float, *, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX, fps: int = FPS
) -> Path:
    """Write `clip` as `.mjpeg` (small) or `.y4m` (exact), chosen by the name; both feed Chromium's fake camera.

    Chromium plays an `.mjpeg` at 30 frames a second whatever `fps` says; a `.y4m` carries its rate.
    """
    frames = pictures(clip, seconds, width_px=width_px, height_px=height_px, fps=fps)
    with path.open("wb") as file:
        if path.suffix == ".mjpeg":
            for frame in frames:
                Image.fromarray(frame).convert("RGB").save(file, "JPEG", quality=85)
        elif path.suffix == ".y4m":
            file.write(f"YUV4MPEG2 W{width_px} H{height_px} F{fps}:1 Ip A1:1 C420\n".encode())
            chroma = bytes([128]) * (width_px // 2 * (height_px // 2) * 2)
            for frame in frames:
                file.write(b"FRAME\n" + frame.tobytes() + chroma)
        else:
            raise ValueError(f"path: {path.suffix} is neither .mjpeg nor .y4m")
    return path


def write_sound(path: Path, clip: int, seconds: float) -> Path:
    """Write the beeps of `clip` as a 48 kHz mono 16-bit `.wav`."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(sound(clip, seconds).tobytes())
    return path
