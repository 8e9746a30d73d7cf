"""The size of a JPEG from its headers, whatever is in front of them."""

import time

import pytest

from signaling.domain.jpeg import size_px
from tests.fuzz.corpus import CORPUS

pytestmark = pytest.mark.unit

PICTURE = (CORPUS / "jpeg" / "baseline").read_bytes()


def test_fill_bytes_before_a_marker_are_skipped() -> None:
    assert size_px(PICTURE) == (40, 30)
    assert size_px(PICTURE[:2] + b"\xff" * 99 + PICTURE[2:]) == (40, 30)


def test_a_body_of_nothing_but_fill_bytes_is_refused_at_once() -> None:
    begun = time.process_time()
    with pytest.raises(ValueError, match="no marker"):
        size_px(PICTURE[:2] + b"\xff" * 12 * 1024 * 1024)
    assert time.process_time() - begun < 0.5
