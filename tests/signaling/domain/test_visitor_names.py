"""What is left of what a stranger calls themselves."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ErrorCode, Rejection
from signaling.domain.visitor_names import MAX_CHARACTERS, check_name, visible

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("王师傅", "王师傅"),
        ("  Wang \t Lei\n", "Wang Lei"),
        ("Wang\u202egnol\u202c", "Wanggnol"),  # right-to-left override
        ("\u2066Wang\u2069", "Wang"),  # isolates
        ("Wa\u200bng\ufeff", "Wang"),  # zero width
        ("Wa\u3164\u2800ng\uffa0", "Wang"),  # blank, though letters and a symbol
        ("Wang\u2028Lei\u2029x", "Wang Lei x"),
        ("Wang\x00\x1b[31m\x7f\x85", "Wang[31m"),
        ("\u3000王\u3000雷\u3000", "王 雷"),
        ("محمد", "محمد"),
        ("e\u0301", "é"),
        ("e\u200b\u0301", "é"),
        ("Z" + "\u0335" * 50, "Z\u0335\u0335"),
        ("\u0335\u0335Wang", "Wang"),
        ("\ue000\U000f0000Wang", "Wang"),  # private use
        ("<b>Wang</b>", "<b>Wang</b>"),  # harmless: the client makes text of it
        ("x" * 500, "x" * MAX_CHARACTERS),
        ("x" * 39 + " y", "x" * 39),
    ],
)
def test_what_is_left_of_a_name(typed: str, left: str) -> None:
    assert visible(typed) == left
    assert check_name(typed) == left


@pytest.mark.parametrize(
    "typed",
    ["", " ", "\u202e", "\u200b\u200b", "\x00", "…", "123", "\u0335", "\u3164", "\u115f\u1160", "\uffa0", "\u2800"],
)
def test_a_name_has_a_letter(typed: str) -> None:
    with pytest.raises(Rejection) as caught:
        check_name(typed)
    assert caught.value.code is ErrorCode.BAD_MESSAGE


@given(st.text(max_size=120))
def test_whatever_is_typed_is_one_short_visible_line(typed: str) -> None:
    left = visible(typed)
    assert len(left) <= MAX_CHARACTERS
    assert left == left.strip()
    assert "  " not in left
    assert all(one == " " or unicodedata.category(one)[0] not in "CZ" for one in left)
    assert visible(left) == left
