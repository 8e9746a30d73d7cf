"""Wrong guesses are counted, whether they come one after the other or all at once."""

from contextlib import ExitStack

import pytest

from contract.errors import ErrorCode, Rejection
from signaling.auth.limits import WINDOW_MIN, WRONG_PER_ADDRESS, AddressLimit

pytestmark = pytest.mark.unit

WRONG = Rejection(ErrorCode.NOT_FOUND)


def locked_for_s(limit: AddressLimit, address: str) -> float | None:
    with pytest.raises(Rejection) as refused, limit.guess(address):
        pass
    assert refused.value.code is ErrorCode.LOCKED
    return refused.value.retry_after_s


def test_guesses_that_are_looked_at_count_until_they_prove_right() -> None:
    limit = AddressLimit()
    with ExitStack() as under_way:
        for _ in range(WRONG_PER_ADDRESS):
            under_way.enter_context(limit.guess("here"))
        assert locked_for_s(limit, "here") == 1.0, "they may all be right"
        with limit.guess("elsewhere"):
            pass
    with limit.guess("here"):
        pass


def test_wrong_ones_lock_the_address_for_a_right_one_too() -> None:
    limit = AddressLimit()
    for _ in range(WRONG_PER_ADDRESS):
        with pytest.raises(Rejection, match="not_found"), limit.guess("here"):
            raise WRONG
    assert locked_for_s(limit, "here") == WINDOW_MIN * 60.0
    with limit.guess("elsewhere"):
        pass


def test_a_guess_that_was_cut_off_is_neither_wrong_nor_under_way() -> None:
    limit = AddressLimit()
    for _ in range(WRONG_PER_ADDRESS + 1):
        with pytest.raises(ConnectionError), limit.guess("here"):
            raise ConnectionError
    with limit.guess("here"):
        pass
