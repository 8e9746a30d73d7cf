"""docs/security.md names only tests that exist, and has one for every threat."""

import re
from pathlib import Path

import pytest

from tests.house.repository import ROOT, text

pytestmark = pytest.mark.unit

SECURITY = Path("docs/security.md")
NAMED = re.compile(r"`([a-z_/]+\.py)::(test_\w+)`")


def rows() -> list[str]:
    return [line for line in text(SECURITY).splitlines() if line.startswith("| ") and "---" not in line]


def test_every_threat_has_a_control_and_a_test() -> None:
    found = [row for row in rows() if not row.startswith("| threat ")]
    assert len(found) > 30
    assert [row for row in found if not NAMED.search(row) or len(row.split(" | ")) != 3] == []


def test_every_named_test_exists() -> None:
    missing = []
    for file, name in NAMED.findall(text(SECURITY)):
        path = ROOT / "tests" / file
        if not path.is_file() or not re.search(rf"def {name}\(", path.read_text(encoding="utf-8")):
            missing.append(f"{file}::{name}")
    assert missing == []
