"""Lines that strangers cause: the first few are said, the rest is counted."""

import pytest

from runtime.repeated import KEYS, Repeated

pytestmark = pytest.mark.unit


def test_the_first_lines_are_said_and_the_next_period_tells_how_many_were_not() -> None:
    now = 100.0
    said: list[dict[str, object]] = []

    def line(event: str, **fields: object) -> None:
        said.append({"event": event, **fields})

    repeated = Repeated(lines=3, period_s=60, now=lambda: now)
    for _ in range(1_000):
        repeated.say("junk", line, "junk came", size=1)
    assert said == [{"event": "junk came", "size": 1}] * 3
    repeated.say("other", line, "other")
    assert said[3:] == [{"event": "other"}], "keys do not hide each other"
    now += 60
    repeated.say("junk", line, "junk came", size=2)
    assert said[4:] == [{"event": "junk came", "size": 2, "unsaid": 997}]
    now += 60
    repeated.say("junk", line, "junk came", size=3)
    assert said[5:] == [{"event": "junk came", "size": 3}]


def test_made_up_keys_take_no_more_memory() -> None:
    repeated = Repeated(lines=1, now=lambda: 0.0)
    for key in range(KEYS * 5):
        repeated.say(key, lambda event: None, "x")
    assert len(repeated._periods) <= KEYS
