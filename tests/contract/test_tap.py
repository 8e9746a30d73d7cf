"""Tap records: what is packed comes out; truncated or foreign bytes are refused and nothing else happens."""

import contextlib
import struct
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ProtocolViolation
from contract.tap import TapFrame, TapMessage, pack_frame, pack_message, unpack
from tests.contract.any_message import messages

pytestmark = pytest.mark.unit

FRAMES = st.builds(
    TapFrame, st.integers(0, 2**32 - 1), st.booleans(), st.integers(0, 2**64 - 1), st.binary(max_size=200)
)
MESSAGES: st.SearchStrategy[Any] = st.one_of(*(messages(kind) for kind in get_args(get_args(TapMessage)[0])))


def _without_length(record: bytes) -> bytes:
    (length,) = struct.unpack_from(">I", record)
    assert length == len(record) - 4
    return record[4:]


@given(frame=FRAMES)
def test_a_frame_comes_out_as_it_went_in(frame: TapFrame) -> None:
    assert unpack(_without_length(pack_frame(frame))) == frame


@given(message=MESSAGES)
def test_a_message_comes_out_as_it_went_in(message: TapMessage) -> None:
    assert unpack(_without_length(pack_message(message))) == message


@given(frame=FRAMES)
def test_every_truncation_of_a_frame_head_is_refused(frame: TapFrame) -> None:
    record = _without_length(pack_frame(frame))
    for length in range(len(record) - len(frame.payload)):
        with pytest.raises(ProtocolViolation):
            unpack(record[:length])


@given(message=MESSAGES)
def test_every_truncation_of_a_message_is_refused(message: TapMessage) -> None:
    record = _without_length(pack_message(message))
    for length in range(len(record)):
        with pytest.raises(ProtocolViolation):
            unpack(record[:length])


@given(kind=st.integers(0, 255).filter(lambda kind: kind not in (1, 2)), rest=st.binary(max_size=40))
def test_a_record_of_an_unknown_kind_is_refused(kind: int, rest: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        unpack(bytes([kind]) + rest)


@given(data=st.binary(max_size=100))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    with contextlib.suppress(ProtocolViolation):
        assert isinstance(unpack(data), (TapFrame, *get_args(get_args(TapMessage)[0])))
