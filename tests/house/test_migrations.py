"""The migrations are one chain: two that were written side by side would leave a database that cannot be opened."""

import re
from pathlib import Path

import pytest

from signaling.store.schema import NEWEST
from tests.house.repository import sources, text

pytestmark = pytest.mark.unit


def test_each_migration_follows_the_one_before_and_the_last_is_the_newest() -> None:
    found = []
    for path in sources(".py", under=("signaling",)):
        if path.parent == Path("signaling/store/migrations/versions") and path.name != "__init__.py":
            said = dict(re.findall(r'^(revision|down_revision) = "(\d{4})"', text(path), re.MULTILINE))
            found.append((said["revision"], said.get("down_revision")))
    numbers = [f"{number:04}" for number in range(1, len(found) + 1)]
    assert sorted(found) == list(zip(numbers, [None, *numbers], strict=False))
    assert numbers[-1] == NEWEST
