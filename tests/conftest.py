"""Every test belongs to exactly one ring: unit, link, flow or browser."""

import pytest

RINGS = ("unit", "link", "flow", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse to run anything as long as one test has no ring, or two."""
    wrong = [item.nodeid for item in items if sum(item.get_closest_marker(ring) is not None for ring in RINGS) != 1]
    if wrong:
        raise pytest.UsageError("exactly one of " + ", ".join(RINGS) + " must mark: " + ", ".join(wrong))
