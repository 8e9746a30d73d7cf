"""Who is silent for too long is noticed, but not by somebody who slept himself."""

import pytest

from runtime.silence import LONGEST_STEP_S, Silence

pytestmark = pytest.mark.unit


def test_silence_is_counted_from_the_last_sign_of_life() -> None:
    silence = Silence(2.0, 100.0)
    assert [silence.passed(100.0 + step * 0.4) for step in range(1, 5)] == [False] * 4
    silence.heard()
    assert [silence.passed(101.6 + step * 0.4) for step in range(1, 6)] == [False] * 4 + [True]


def test_who_was_stopped_himself_gives_the_others_time_to_be_heard() -> None:
    silence = Silence(2.0, 100.0)
    assert not silence.passed(160.0)
    assert silence.silent_s == LONGEST_STEP_S
