"""The measuring clip measures right: numbers survive coding and scaling, beeps are found where they are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import flashbeep
from tests.support.flashbeep import Mark

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (320, 180), (160, 90)])
def test_numbers_survive_scaling_and_jpeg(size: tuple[int, int]) -> None:
    for clip, number in ((0, 0), (1, 3), (2, 26), (7, 4095), (15, 16383)):
        shown = Image.fromarray(flashbeep.picture(clip, number)).resize(size)
        damaged = np.asarray(shown) // 16 * 16
        assert flashbeep.read(damaged) == Mark(clip, number, number % 25 < 2)


def test_other_pictures_have_no_number() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (360, 640, 3), np.uint8)
    assert flashbeep.read(noise) is None
    assert flashbeep.read_number(np.zeros((360, 640), np.uint8)) is None


def test_each_flipped_cell_is_noticed() -> None:
    for bit in range(24):
        frame = flashbeep.picture(3, 777)
        row, column = divmod(bit, 12)
        cell = frame[30 * (1 + row) : 30 * (2 + row), 40 * (2 + column) : 40 * (3 + column)]
        cell[:] = 255 - cell
        assert flashbeep.read(frame) is None


def test_beeps_are_found_at_full_seconds_and_only_those_of_the_clip() -> None:
    quiet = np.random.default_rng(2).normal(0, 100, 48_000 * 4)
    heard = flashbeep.sound(2, 4).astype(np.float64) + quiet
    assert flashbeep.find_beeps(heard, 2) == pytest.approx([0, 1, 2, 3], abs=0.008)
    assert flashbeep.find_beeps(heard, 4) == []
    assert flashbeep.find_beeps(np.zeros(48_000), 1) == []


def test_flashes_start_at_full_seconds() -> None:
    marks = [(n / 25, flashbeep.read(f)) for n, f in enumerate(flashbeep.pictures(1, 3.2))]
    assert flashbeep.find_flashes(marks) == [1.0, 2.0, 3.0]


def test_files_hold_what_they_say(tmp_path: Path) -> None:
    video = flashbeep.write_video(tmp_path / "a.y4m", 1, 0.2)
    assert video.stat().st_size == len("YUV4MPEG2 W640 H360 F25:1 Ip A1:1 C420\n") + 5 * (6 + 640 * 360 * 3 // 2)
    assert flashbeep.write_video(tmp_path / "a.mjpeg", 1, 0.2).read_bytes().count(b"\xff\xd8\xff") == 5
    assert flashbeep.write_sound(tmp_path / "a.wav", 1, 1).stat().st_size == 44 + 96_000
