"""The web client's copy of what `apply` makes of events is the present one."""

import pytest

from tests.support.room_fixtures import PATH, fixture

pytestmark = pytest.mark.unit


def test_the_web_clients_room_fixtures_are_fresh() -> None:
    assert PATH.read_text() == fixture(), "run: .venv/bin/python -m tests.support.room_fixtures"
