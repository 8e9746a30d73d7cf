"""STUN as an ICE-lite agent reads and writes it."""

import ipaddress
import zlib

import pytest
from aioice import stun as reference
from hypothesis import given
from hypothesis import strategies as st

from media.peer import stun

pytestmark = pytest.mark.unit

PWD = "VOkJxbRl1RmTxUk/WvJxBt"
# RFC 5769 §2.1: a request with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY and FINGERPRINT.
RFC_REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b1"
    "51263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
)
TRANSACTION = bytes(range(12))


def test_the_request_of_rfc_5769_is_read_and_its_integrity_holds() -> None:
    request = stun.parse(RFC_REQUEST)
    assert request is not None
    assert (request.local_ufrag, request.remote_ufrag) == ("evtj", "h6vY")
    assert not request.use_candidate
    assert stun.authentic(request, PWD)
    assert not stun.authentic(request, PWD + "x")


def test_a_request_made_by_aioice_is_authentic_and_nominates() -> None:
    message = reference.Message(message_method=reference.Method.BINDING, message_class=reference.Class.REQUEST)
    message.attributes["USERNAME"] = "us:them"
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(b"secret")
    message.add_fingerprint()
    request = stun.parse(bytes(message))
    assert request is not None
    assert request.use_candidate
    assert stun.authentic(request, "secret")
    assert not stun.authentic(request, "Secret")


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8:1234:5678:11:2233:4455:6677"])
def test_our_response_is_what_aioice_accepts(host: str) -> None:
    data = stun.success(TRANSACTION, (host, 32853), "secret")
    message = reference.parse_message(data)
    assert message.check_message_integrity(b"secret")
    assert message.transaction_id == TRANSACTION
    mapped = message.attributes["XOR-MAPPED-ADDRESS"]
    assert (ipaddress.ip_address(mapped[0]), mapped[1]) == (ipaddress.ip_address(host), 32853)
    assert "FINGERPRINT" in message.attributes


def test_our_own_request_is_read_back() -> None:
    request = stun.parse(stun.request(TRANSACTION, "us:them", "secret", use_candidate=True))
    assert request is not None
    assert request.use_candidate
    assert stun.authentic(request, "secret")


def test_use_candidate_after_the_integrity_does_not_count() -> None:
    honest = stun.request(TRANSACTION, "us:them", "secret")
    forged = honest + b"\x00\x25\x00\x00"
    forged = forged[:2] + (len(forged) - 20).to_bytes(2, "big") + forged[4:]
    request = stun.parse(forged)
    assert request is not None
    assert not request.use_candidate


@pytest.mark.parametrize("length", range(len(RFC_REQUEST)))
def test_a_truncated_request_is_none(length: int) -> None:
    assert stun.parse(RFC_REQUEST[:length]) is None


@given(st.binary(max_size=200))
def test_any_bytes_after_the_header_raise_nothing(body: bytes) -> None:
    head = b"\x00\x01" + len(body).to_bytes(2, "big") + stun.MAGIC + TRANSACTION
    stun.parse(head + body)
    stun.parse(body)


@given(st.integers(0, len(RFC_REQUEST) - 1), st.integers(0, 255))
def test_one_changed_byte_is_never_authentic_unless_it_is_not_covered(at: int, value: int) -> None:
    changed = bytearray(RFC_REQUEST)
    changed[at] = value
    request = stun.parse(bytes(changed))
    # The length field is rewritten before signing, padding and FINGERPRINT come after or inside what is covered.
    covered_until = len(RFC_REQUEST) - 8
    if request is not None and bytes(changed) != RFC_REQUEST and at < covered_until and at not in (2, 3):
        assert not stun.authentic(request, PWD)


def test_the_fingerprint_is_the_crc_of_rfc_8489() -> None:
    data = stun.success(TRANSACTION, ("192.0.2.1", 1), "secret")
    assert int.from_bytes(data[-4:], "big") == zlib.crc32(data[:-8]) ^ 0x5354554E
