"""SCTP packets that are not worth reading, or would be read for ever."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.peer.chunks import weigh
from tests.fuzz.corpus import CORPUS

pytestmark = pytest.mark.unit

HEAD = bytes(12)


def piece(kind: int, size: int, body: bytes = b"") -> bytes:
    return struct.pack("!HH", kind, size) + body


def test_packets_of_a_client_weigh_what_is_in_them() -> None:
    weights = {path.name: weigh(path.read_bytes()) for path in (CORPUS / "sctp").iterdir()}
    assert all(1 <= weight <= 6 for weight in weights.values()), weights


@pytest.mark.parametrize("chunk_type", [4, 5, 6, 9, 130])
def test_a_parameter_of_no_length_is_refused(chunk_type: int) -> None:
    parameter = piece(1, 0, bytes(8))
    with pytest.raises(ValueError, match="SCTP parameter: 0 bytes"):
        weigh(HEAD + piece(chunk_type << 8, 4 + len(parameter), parameter))


def test_one_in_an_init_is_refused_behind_its_fixed_fields() -> None:
    assert weigh(HEAD + piece(0x0100, 24, bytes(16) + piece(0xC000, 4))) == 2
    with pytest.raises(ValueError, match="SCTP parameter: 0 bytes"):
        weigh(HEAD + piece(0x0100, 24, bytes(16) + piece(0xC000, 0)))


def test_a_chunk_shorter_than_its_header_is_refused() -> None:
    with pytest.raises(ValueError, match="SCTP chunk: 3 bytes"):
        weigh(HEAD + piece(0, 3))


def test_many_small_chunks_weigh_much() -> None:
    assert weigh(HEAD + piece(0, 4) * 80) == 80


@given(st.binary(max_size=200))
def test_no_bytes_break_the_scale(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert 0 <= weigh(data) <= 50
