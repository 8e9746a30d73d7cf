"""docs/protocol.md lists every goodbye as it is."""

import re
from pathlib import Path

import pytest

from contract.errors import BYE_CLOSE

pytestmark = pytest.mark.unit

DOCUMENT = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()


def test_every_goodbye_is_listed_with_its_close_code() -> None:
    for code, close in BYE_CLOSE.items():
        assert re.search(rf"^\| `{code}` \| {close} \|", DOCUMENT, re.MULTILINE), code
