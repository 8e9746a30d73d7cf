"""A code for a tablet is made to be read aloud, and read as people type it."""

import pytest

from signaling.domain import enrolment

pytestmark = pytest.mark.unit


def test_a_code_has_eight_characters_that_nobody_takes_for_another() -> None:
    letters = iter("K7MW3XQP")
    assert enrolment.made_up(lambda alphabet: next(letters)) == "K7MW3XQP"
    assert len(enrolment.ALPHABET) == len(set(enrolment.ALPHABET)) == 30
    assert not set("01ILOU") & set(enrolment.ALPHABET)


@pytest.mark.parametrize("typed", ["K7MW3XQP", "k7mw3xqp", " k7mw 3xqp ", "K7MW-3XQP", "K7 MW\t3X QP"])
def test_it_is_read_as_somebody_types_it(typed: str) -> None:
    assert enrolment.normal(typed) == "K7MW3XQP"


@pytest.mark.parametrize("typed", ["", "K7MW3XQ", "K7MW3XQPP", "K7MW3XQ0", "K7MW3XQO", "店店店店店店店店", "ⅷⅷⅷⅷⅷⅷⅷⅷ"])
def test_what_cannot_be_one_is_none(typed: str) -> None:
    assert enrolment.normal(typed) is None
