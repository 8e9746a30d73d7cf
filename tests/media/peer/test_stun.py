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
    honest = stun.request(TRANSACTION, "us:them", "secret")[:-8]
    request = stun.parse(with_fingerprint(honest + b"\x00\x25\x00\x00"))
    assert request is not None
    assert not request.use_candidate


def with_fingerprint(message: bytes) -> bytes:
    """`message` with its length put right and a FINGERPRINT added."""
    message = message[:2] + (len(message) - 20 + 8).to_bytes(2) + message[4:]
    return message + b"\x80\x28\x00\x04" + (zlib.crc32(message) ^ 0x5354554E).to_bytes(4)


def test_a_message_without_a_fingerprint_or_with_a_wrong_one_is_none() -> None:
    message = stun.request(TRANSACTION, "us:them", "secret")
    assert stun.parse(message) is not None
    assert stun.parse(message[:-1] + bytes([message[-1] ^ 1])) is None
    bare = message[:2] + (len(message) - 28).to_bytes(2) + message[4:-8]
    assert stun.parse(bare) is None


def test_our_check_is_what_aioice_accepts_and_its_answer_is_read() -> None:
    message = reference.parse_message(stun.controlled_request(TRANSACTION, "them:us", "secret"))
    assert message.check_message_integrity(b"secret")
    assert message.attributes["USERNAME"] == "them:us"
    assert "ICE-CONTROLLED" in message.attributes
    answer = reference.Message(
        message_method=reference.Method.BINDING,
        message_class=reference.Class.RESPONSE,
        transaction_id=message.transaction_id,
    )
    answer.attributes["XOR-MAPPED-ADDRESS"] = ("192.0.2.1", 5000)
    answer.add_message_integrity(b"secret")
    answer.add_fingerprint()
    read = stun.parse_success(bytes(answer))
    assert read is not None
    assert read.transaction == TRANSACTION
    assert stun.authentic(read, "secret")
    assert not stun.authentic(read, "other")
    assert stun.parse(bytes(answer)) is None


def test_more_attributes_than_a_browser_sends_are_not_read() -> None:
    many = b"".join(number.to_bytes(2) + b"\x00\x00" for number in range(0xC000, 0xC100))
    honest = stun.request(TRANSACTION, "us:them", "secret")
    assert stun.parse(with_fingerprint(honest[:20] + many + honest[20:-8])) is None


@pytest.mark.parametrize("length", range(len(RFC_REQUEST)))
def test_a_truncated_request_is_none(length: int) -> None:
    assert stun.parse(RFC_REQUEST[:length]) is None


@given(st.binary(max_size=200))
def test_any_bytes_after_the_header_raise_nothing(body: bytes) -> None:
    head = b"\x00\x01" + len(body).to_bytes(2, "big") + stun.MAGIC + TRANSACTION
    stun.parse(with_fingerprint(head + body))
    stun.parse(body)


@given(st.integers(0, len(RFC_REQUEST) - 1), st.integers(0, 255))
def test_one_changed_byte_is_never_authentic_unless_it_is_not_covered(at: int, value: int) -> None:
    changed = bytearray(RFC_REQUEST)
    changed[at] = value
    if at not in (2, 3):
        changed = bytearray(with_fingerprint(bytes(changed[:-8])))
    request = stun.parse(bytes(changed))
    # The length field is rewritten before signing, padding and FINGERPRINT come after or inside what is covered.
    covered_until = len(RFC_REQUEST) - 8
    if request is not None and bytes(changed) != RFC_REQUEST and at < covered_until and at not in (2, 3):
        assert not stun.authentic(request, PWD)


def test_the_fingerprint_is_the_crc_of_rfc_8489() -> None:
    data = stun.success(TRANSACTION, ("192.0.2.1", 1), "secret")
    assert int.from_bytes(data[-4:], "big") == zlib.crc32(data[:-8]) ^ 0x5354554E
