"""What a PATCH of a WHIP or WHEP session asks for (RFC 9725 §4.3.1): more candidates, or a restart of ICE.

The media worker is ICE-lite and learns addresses from checks, so candidates are only looked at, never kept.
"""

import re
from typing import NamedTuple

from contract.errors import ErrorCode, ProtocolViolation

MAX_LINES = 400
_LINE = re.compile(r"(a=[!-~][ -~]*|m=(audio|video|application) [ -~]+)")
_UFRAG = re.compile(r"(?m)^a=ice-ufrag:([A-Za-z0-9+/]{4,256})\r?$")
_PWD = re.compile(r"(?m)^a=ice-pwd:([A-Za-z0-9+/]{22,256})\r?$")


class Credentials(NamedTuple):
    """What one side of an ICE session is known by (RFC 8839 §5.4)."""

    ufrag: str
    pwd: str


def ufrags(sdp: str) -> frozenset[str]:
    """The ICE username fragments of an offer or a fragment."""
    return frozenset(_UFRAG.findall(sdp))


def check(fragment: str) -> None:
    """Raises ProtocolViolation(`bad_sdp`) for what is no SDP fragment (RFC 8840 §9)."""
    lines = [line for line in fragment.replace("\r\n", "\n").split("\n") if line]
    if not lines or len(lines) > MAX_LINES or not all(_LINE.fullmatch(line) for line in lines):
        raise ProtocolViolation(ErrorCode.BAD_SDP, "no SDP fragment")
    if not ufrags(fragment):
        raise ProtocolViolation(ErrorCode.BAD_SDP, "no ice-ufrag")


def credentials(fragment: str) -> Credentials:
    """What a restart goes on with: one pair for the whole bundle.

    Raises ProtocolViolation(`bad_sdp`) if there is none, or more than one.
    """
    found, passwords = ufrags(fragment), frozenset(_PWD.findall(fragment))
    if len(found) != 1 or len(passwords) != 1:
        raise ProtocolViolation(ErrorCode.BAD_SDP, "a restart brings one ice-ufrag and one ice-pwd")
    return Credentials(*found, *passwords)


def restarts(fragment: str, offered: frozenset[str]) -> bool:
    """Whether it brings other credentials than those of this ICE session."""
    return not ufrags(fragment) <= offered
