"""For tests that hold on every plane: `pytest.mark.usefixtures("plane")`."""

import pytest

from tests.media.forward.world import World
from tests.support.wire import PLANES


@pytest.fixture(params=PLANES)
def plane(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms forward by each plane in turn."""
    monkeypatch.setattr(World, "native", request.param == "native")
