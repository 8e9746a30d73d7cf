"""Every test belongs to exactly one ring: unit, link, flow or browser. `--full` runs promises at their full size."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest
from hypothesis import settings

from tests.support.promise import Figure, Promise

RINGS = ("unit", "link", "flow", "browser")
# What one example takes says more of the machine than of the code.
settings.register_profile("passline", deadline=None)
settings.load_profile("passline")
FIGURE = "promised figure"
"""Among the properties of a test: they come with its report, also from another process (pytest-xdist)."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full`: what `make promises` runs."""
    parser.addoption("--full", action="store_true", help="promises at full size, three rounds, medians judged")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse to run anything as long as one test has no ring, or two; leave out what makes no sense small."""
    wrong = [item.nodeid for item in items if sum(item.get_closest_marker(ring) is not None for ring in RINGS) != 1]
    if wrong:
        raise pytest.UsageError("exactly one of " + ", ".join(RINGS) + " must mark: " + ", ".join(wrong))
    if not config.getoption("full"):
        large = [item for item in items if item.get_closest_marker("full_only")]
        items[:] = [item for item in items if item not in large]
        if large:
            config.hook.pytest_deselected(items=large)
    # They are long: the last of all would leave whoever runs beside it without work.
    items.sort(key=lambda item: item.get_closest_marker("beside") is None)


@pytest.fixture
def promise(request: pytest.FixtureRequest) -> Iterator[Promise]:
    """The promise of a test marked `promise("<row>")`; its figures are in the table at the end of the run."""
    marker = request.node.get_closest_marker("promise")
    assert marker is not None, 'a test that takes `promise` is marked: @pytest.mark.promise("B2")'
    made = Promise(marker.args[0], full=request.config.getoption("full"))
    yield made
    request.node.user_properties.extend((FIGURE, asdict(figure)) for figure in made.figures.values())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of all promises, missed or kept."""
    told = [one for said in terminalreporter.stats.values() for one in said if isinstance(one, pytest.TestReport)]
    properties = [one for report in told if report.when == "teardown" for one in report.user_properties]
    figures = [Figure(**value) for name, value in properties if name == FIGURE]  # type: ignore[arg-type]  # as `promise` wrote it
    figures.sort(key=lambda figure: (figure.row, figure.what))
    if figures:
        terminalreporter.section("promises")
        for figure in figures:
            terminalreporter.line(figure.line())
