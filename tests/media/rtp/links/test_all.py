"""Every instrument of media/rtp is tried on a link: whoever adds one writes its test here."""

from pathlib import Path

import pytest

import media.rtp

pytestmark = pytest.mark.unit


def test_no_instrument_is_without_a_link() -> None:
    here = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    [package] = media.rtp.__path__
    modules = {path.stem for path in Path(package).glob("*.py")} - {"__init__"}
    assert {module for module in modules if f"from media.rtp.{module} import" not in here} == set()
