"""The sample chain has everybody it should, and the start announces them."""

from collections import Counter

import pytest

from contract.people import Role, Skill
from passline import announce, demo
from runtime.settings import Settings

pytestmark = pytest.mark.unit


def test_the_chain_has_everybody_the_slice_needs() -> None:
    assert Counter(person.role for person in demo.PEOPLE) == {
        Role.STORE: 6,
        Role.EXPERT: 4,
        Role.TRAINER: 1,
        Role.MANAGER: 1,
        Role.STAFF: 1,
        Role.LEARNER: 1,
        Role.AUDITOR: 1,
        Role.ADMIN: 1,
    }
    assert {skill for person in demo.PEOPLE for skill in person.skills} == set(Skill)
    assert {store.region for store in demo.STORES} == set(demo.REGIONS)
    assert len({person.login for person in demo.PEOPLE}) == len(demo.PEOPLE)


def test_the_announcement_shows_every_sign_in_in_columns() -> None:
    text = announce.text(Settings(port=8081), demo=True)
    assert "http://localhost:8081" in text
    assert demo.PASSWORD in text
    rows = [line for line in text.splitlines() if any(person.title.en in line for person in demo.PEOPLE)]
    assert len(rows) == len(demo.PEOPLE)
    [with_pin] = [row for row in rows if "PIN" in row]
    assert "meng" in with_pin
    assert "PIN 2846" in with_pin


def test_chinese_takes_two_places_in_a_table() -> None:
    assert announce.table(("名", "x"), [("店线通", "1"), ("ab", "2")]) == [
        "名      x",
        "──────  ─",
        "店线通  1",
        "ab      2",
    ]


def test_without_the_demo_no_password_is_printed() -> None:
    assert demo.PASSWORD not in announce.text(Settings(), demo=False)
