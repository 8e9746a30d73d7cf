"""The documents name only what exists, and leave out no setting."""

import enum
import re
from pathlib import Path
from typing import Any, get_args

import pytest

import contract.alarms
import contract.audit
import contract.client
import contract.data
import contract.errors
import contract.http
import contract.media
import contract.nodes
import contract.organisation
import contract.people
import contract.push
import contract.quality
import contract.quiet
import contract.recording
import contract.rights
import contract.rooms
import contract.server
import contract.tap
import contract.visits
from contract.base import Message
from runtime.settings import CONFIG, PREFIX, Settings
from tests.house.repository import ROOT, lines_with, sources, text

pytestmark = pytest.mark.unit

PROTOCOL = Path("docs/protocol.md")
OPERATIONS = Path("docs/operations.md")
MODULES = (
    contract.audit,
    contract.client,
    contract.data,
    contract.errors,
    contract.http,
    contract.media,
    contract.nodes,
    contract.organisation,
    contract.people,
    contract.push,
    contract.quality,
    contract.quiet,
    contract.recording,
    contract.rights,
    contract.rooms,
    contract.server,
    contract.tap,
    contract.visits,
)
SPOKEN = (
    contract.client.ClientMessage,
    contract.server.ServerMessage,
    contract.data.ClientData,
    contract.data.ServerData,
    contract.rooms.RoomEvent,
    contract.push.PushedMessage,
)
"""The unions that somebody outside this repository may speak; the links between our processes are not among them."""


def _types(union: Any) -> set[str]:
    return {str(member.model_fields["type"].default) for member in get_args(get_args(union)[0])}


def _vocabulary() -> set[str]:
    """Every word of the contract: types, fields, enum values, names in its modules."""
    words: set[str] = set()
    for module in MODULES:
        words.add(module.__name__)
        for name, value in vars(module).items():
            words.add(name)
            if isinstance(value, type) and issubclass(value, Message):
                words |= set(value.model_fields)
                words |= {str(field.default) for key, field in value.model_fields.items() if key == "type"}
            if isinstance(value, type) and issubclass(value, enum.Enum):
                words |= {str(one.value) for one in value}
    return words


def test_every_setting_in_a_document_exists() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG}
    for path in sources(".md"):
        assert set(re.findall(r"\bPASSLINE_[A-Z_]+\b", text(path))) <= known, path


def _explained(heading: str) -> list[str]:
    """The first column of the tables in one section of docs/operations.md."""
    section = text(OPERATIONS).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return sorted(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))


def test_every_setting_is_explained_to_operators() -> None:
    assert _explained("Settings") == sorted(Settings.model_fields)


def test_every_alarm_says_to_operators_what_to_do() -> None:
    assert _explained("Alarms") == sorted(contract.alarms.Alarm)


def test_the_protocol_document_explains_every_message() -> None:
    said = set(re.findall(r"`([a-z_]+)`", text(PROTOCOL)))
    for union in SPOKEN:
        assert _types(union) <= said


def test_the_protocol_document_names_only_words_of_the_contract() -> None:
    said = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text(PROTOCOL)))
    assert said <= _vocabulary()


def test_every_queue_is_listed_with_its_size_and_policy() -> None:
    made = r"= *(asyncio\.Queue|CloseConsumer|DropOldest)(\[.*\])?\("
    hits = lines_with(made, sources(".py", under=("signaling", "media", "recorder", "passline")))
    modules = {hit.split(":")[0].removesuffix(".py").replace("/", ".") for hit in hits if "/bench/" not in hit}
    listed = set(re.findall(r"`([a-z_.]+)`", text(Path("docs/closures.md"))))
    assert modules <= listed


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{path}: {target}"
        for path in sources(".md")
        for target in re.findall(r"\]\(([^)#\s]+)", text(path))
        if "://" not in target and not target.startswith("mailto:") and not (ROOT / path.parent / target).exists()
    ]
    assert broken == []


def test_every_make_target_in_a_document_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(Path("Makefile")), re.MULTILINE))
    for path in sources(".md"):
        assert set(re.findall(r"`make ([a-z-]+)", text(path))) <= targets, path


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(path.name[:4]) for path in sources(".md") if path.parent == Path("docs/decisions"))
    assert numbers == list(range(1, len(numbers) + 1))
