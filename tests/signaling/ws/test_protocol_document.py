"""docs/protocol.md names every message there is, and no other."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from contract.client import ClientMessage
from contract.data import ClientData, ServerData
from contract.errors import BYE_CLOSE
from contract.rooms import RoomEvent
from contract.server import ServerMessage

pytestmark = pytest.mark.unit

DOCUMENT = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()


def types(union: Any) -> set[str]:
    """The tags of a discriminated union."""
    return {model.model_fields["type"].default for model in get_args(get_args(union)[0])}


@pytest.mark.parametrize("union", [ClientMessage, ServerMessage, RoomEvent, ClientData, ServerData])
def test_every_message_is_explained(union: Any) -> None:
    missing = {name for name in types(union) if f"`{name}`" not in DOCUMENT and f'"type": "{name}"' not in DOCUMENT}
    assert not missing


def test_every_goodbye_is_listed_with_its_close_code() -> None:
    for code, close in BYE_CLOSE.items():
        assert re.search(rf"^\| `{code}` \| {close} \|", DOCUMENT, re.MULTILINE), code


def test_what_looks_like_a_message_is_one() -> None:
    known = set().union(*(types(union) for union in (ClientMessage, ServerMessage, RoomEvent, ClientData, ServerData)))
    assert set(re.findall(r'"type": "(\w+)"', DOCUMENT)) <= known
    assert set(re.findall(r"^\| `(\w+)` (?:`\{[^|]*)?\| (?:a |the |trainers|invited|seated)", DOCUMENT, re.M)) <= known
