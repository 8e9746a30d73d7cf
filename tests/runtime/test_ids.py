"""Identifiers sort by time, are unique, and have the form the contract asks of clients."""

import re
import uuid

import pytest

from contract.client import StartCall
from contract.ids import ClientMessageId
from contract.rooms import Reason
from runtime import clock, ids

pytestmark = pytest.mark.unit


def test_a_uuid7_is_one_and_passes_the_contract() -> None:
    made = ids.uuid7()
    assert uuid.UUID(made).version == 7
    assert uuid.UUID(made).variant == uuid.RFC_4122
    StartCall(cid=ClientMessageId(made), reason=Reason.ANY)


def test_later_ones_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for now_ms in (1, 2, 255, 256, 1_700_000_000_000, 2**48 - 1):
        monkeypatch.setattr(clock, "wall_ms", lambda now_ms=now_ms: now_ms)
        made.append(ids.uuid7())
    assert made == sorted(made)


def test_ids_and_secrets_do_not_repeat() -> None:
    assert len({ids.uuid7() for _ in range(2000)}) == 2000
    assert len({ids.secret() for _ in range(2000)}) == 2000


def test_a_secret_carries_256_bits_and_is_safe_in_addresses() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", ids.secret())
