"""RTP headers, extensions and unwrapping, with every packet also cut short."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.packet import build_extensions, extension, parse_header
from media.rtp.rtx import unwrap_rtx, wrap_rtx
from media.rtp.sequence import Unwrapper

pytestmark = pytest.mark.unit

# Chromium, Opus: marker, payload type 111, mid "0" as extension 4, audio level as 10, transport-cc as 3.
CHROMIUM = bytes.fromhex(
    "90ef04d2000003e8deadbeef" + "bede0003" + "4030" + "31abcd" + "a0ff" + "0000000000" + "fc01020304"
)


def test_a_packet_of_chromium_is_read() -> None:
    header = parse_header(CHROMIUM)
    assert header.marker
    assert (header.payload_type, header.sequence, header.timestamp_ticks, header.ssrc) == (111, 1234, 1000, 0xDEADBEEF)
    assert CHROMIUM[header.payload_at : header.payload_end] == bytes.fromhex("fc01020304")
    assert extension(CHROMIUM, header, 4) == b"0"
    assert extension(CHROMIUM, header, 10) == b"\xff"
    assert extension(CHROMIUM, header, 5) is None
    assert extension(CHROMIUM, header, 0) is None


@pytest.mark.parametrize("length", range(28))
def test_a_cut_header_is_refused_by_name(length: int) -> None:
    with pytest.raises(ValueError, match=r"RTP .*: \d+ bytes, need \d+"):
        parse_header(CHROMIUM[:length])


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        header = parse_header(data)
    except ValueError:
        return
    assert 12 <= header.payload_at <= header.payload_end <= len(data)
    for number in range(16):
        extension(data, header, number)


def test_padding_is_not_payload() -> None:
    packet = b"\xa0\x60" + bytes(10) + b"abc" + bytes(4) + b"\x05"
    header = parse_header(packet)
    assert packet[header.payload_at : header.payload_end] == b"abc"
    only = parse_header(b"\xa0\x60" + bytes(10) + bytes(7) + b"\x08")
    assert only.payload_at == only.payload_end


@pytest.mark.parametrize("padding", [0, 9, 255])
def test_padding_that_cannot_be_is_refused(padding: int) -> None:
    with pytest.raises(ValueError, match="RTP padding"):
        parse_header(b"\xa0\x60" + bytes(10) + bytes(7) + bytes([padding]))


def test_csrcs_and_the_two_byte_form_are_read() -> None:
    block = build_extensions({15: b"long id", 1: b""})
    packet = b"\x92\x60" + bytes(10) + bytes(8) + block + b"payload"
    header = parse_header(packet)
    assert packet[header.payload_at :] == b"payload"
    assert extension(packet, header, 15) == b"long id"
    assert extension(packet, header, 1) == b""


@given(st.dictionaries(st.integers(1, 255), st.binary(max_size=30), max_size=6))
def test_what_is_built_is_read_again(values: dict[int, bytes]) -> None:
    packet = b"\x90\x60" + bytes(10) + (build_extensions(values) or b"\xbe\xde\0\0") + b"x"
    header = parse_header(packet)
    assert packet[header.payload_at :] == b"x"
    assert {number: extension(packet, header, number) for number in values} == values


@pytest.mark.parametrize(("bits", "top"), [(16, 65_535), (32, 2**32 - 1)])
def test_a_counter_goes_on_over_its_wrap_both_ways(bits: int, top: int) -> None:
    unwrapper = Unwrapper(bits)
    last = unwrapper.unwrap(top - 1)
    assert [unwrapper.unwrap(value) - last for value in (top, 0, 1)] == [1, 2, 3]
    assert unwrapper.unwrap(top) - last == 1, "a late one keeps its number"
    assert unwrapper.highest - last == 3
    assert unwrapper.peek(2) - last == 4
    assert unwrapper.highest - last == 3, "peeking remembers nothing"


def test_what_is_older_than_the_first_stays_positive() -> None:
    unwrapper = Unwrapper(16)
    first = unwrapper.unwrap(3)
    assert unwrapper.unwrap(65_530) == first - 9
    assert first - 9 > 0


def test_a_retransmission_carries_its_number() -> None:
    assert unwrap_rtx(wrap_rtx(65_535, b"payload")) == (65_535, b"payload")
    assert unwrap_rtx(b"\0\1") == (1, b"")
    with pytest.raises(ValueError, match="need 2"):
        unwrap_rtx(b"\0")
