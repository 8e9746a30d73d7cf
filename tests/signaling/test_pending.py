"""What a browser began waits for it, for one use and some minutes; nobody can push out what others began."""

import pytest

from contract.errors import ErrorCode, Rejection
from signaling.auth import pending
from signaling.auth.pending import LIFE_S, PER_ADDRESS, Pending

pytestmark = pytest.mark.unit


class Clock:
    """Seconds, as a test sets them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def gone(kept: Pending[int], secret: str | None) -> bool:
    try:
        kept.take(secret)
    except Rejection as refused:
        return refused.code is ErrorCode.OVER
    return False


def test_it_is_there_once_and_for_its_time() -> None:
    clock = Clock()
    kept: Pending[int] = Pending(now=clock)
    secret, late = kept.put(7, "a"), kept.put(8, "a")
    clock.now = LIFE_S - 0.001
    assert kept.take(secret) == 7
    assert gone(kept, secret)
    clock.now = LIFE_S
    assert gone(kept, late)
    assert gone(kept, "a guess")
    assert gone(kept, None)


def test_one_address_pushes_out_its_own_and_nobody_elses() -> None:
    kept: Pending[int] = Pending(now=Clock())
    mine = kept.put(1, "mine")
    flood = [kept.put(number, "flood") for number in range(PER_ADDRESS + 1)]
    assert gone(kept, flood[0]), "the oldest of that address"
    assert not gone(kept, flood[1])
    assert kept.take(mine) == 1


def test_it_stays_within_its_bounds_and_forgets_what_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "KEPT", 3)
    clock = Clock()
    kept: Pending[int] = Pending(now=clock)
    secrets = [kept.put(number, str(number)) for number in range(4)]
    assert gone(kept, secrets[0])
    clock.now = LIFE_S
    kept.put(9, "1")
    assert len(kept) == 1
