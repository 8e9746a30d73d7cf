"""Room on the disk: measured where a file is or will be, judged without flapping."""

import os
from pathlib import Path

import pytest

from runtime.diskspace import Space, free_bytes

pytestmark = pytest.mark.unit


def test_it_is_low_below_the_reserve_and_well_again_a_tenth_above() -> None:
    space = Space(1000)
    seen = [(free, space.see(free), space.low) for free in (5000, 1000, 999, 1050, 1099, 1100, 1050)]
    assert seen == [
        (5000, False, False),
        (1000, False, False),
        (999, True, True),
        (1050, False, True),
        (1099, False, True),
        (1100, True, False),
        (1050, False, False),
    ]


def test_a_refused_write_counts_more_than_what_was_measured() -> None:
    space = Space(0)
    assert space.refused()
    assert not space.refused()
    assert space.low
    assert space.see(1)
    assert not space.low


def test_a_directory_that_is_still_to_come_has_the_room_of_its_parent(tmp_path: Path) -> None:
    there = os.statvfs(tmp_path)
    assert free_bytes(tmp_path / "not" / "yet") == pytest.approx(there.f_bavail * there.f_frsize, rel=0.2)
