"""Fragments of a PATCH: what is one, and when it is a restart."""

import pytest

from contract.errors import ErrorCode, ProtocolViolation
from signaling.domain import trickle

pytestmark = pytest.mark.unit

FRAGMENT = (
    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n"
)


def test_a_fragment_is_lines_of_attributes_and_sections_with_credentials() -> None:
    trickle.check(FRAGMENT)
    trickle.check(FRAGMENT.replace("\r\n", "\n"))
    for wrong in ("", "{}", "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", "v=0\r\n" + FRAGMENT, "a=mid:0\n" * 401):
        with pytest.raises(ProtocolViolation) as caught:
            trickle.check(wrong)
        assert caught.value.code is ErrorCode.BAD_SDP


def test_a_restart_brings_one_pair_of_credentials_wherever_it_stands() -> None:
    pair = ("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")
    assert trickle.credentials(FRAGMENT) == pair
    second = "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
    assert trickle.credentials(FRAGMENT + second) == pair
    for wrong in (
        FRAGMENT.replace("a=ice-pwd", "a=ice-pw"),
        FRAGMENT.replace("P2uYro0UCOQ4zxjKXaWCBui1", "short"),
        FRAGMENT.replace("P2uYro0UCOQ4zxjKXaWCBui1", "P" * 257),
        FRAGMENT.replace("ice-ufrag:EsAw", "ice-ufrag:E\u00e9Aw"),
        FRAGMENT + second.replace("EsAw", "Other"),
        FRAGMENT + second.replace("P2uYro", "Other0"),
    ):
        with pytest.raises(ProtocolViolation) as caught:
            trickle.credentials(wrong)
        assert caught.value.code is ErrorCode.BAD_SDP


def test_other_credentials_than_the_offers_are_a_restart() -> None:
    offered = trickle.ufrags("v=0\r\na=ice-ufrag:EsAw\r\nm=video 9 X 1\r\na=ice-ufrag:more\r\n")
    assert offered == {"EsAw", "more"}
    assert not trickle.restarts(FRAGMENT, offered)
    assert trickle.restarts(FRAGMENT.replace("EsAw", "Other"), offered)
