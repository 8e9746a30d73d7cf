"""What a PATCH of a WHIP or WHEP session asks for (RFC 9725 §4.3.1): more candidates, or a restart of ICE.

The media worker is ICE-lite and learns addresses from checks, so candidates are only looked at, never kept.
"""

import re

from contract.errors import ErrorCode, ProtocolViolation

MAX_LINES = 400
_LINE = re.compile(r"(a=[!-~][ -~]*|m=(audio|video|application) [ -~]+)")
_UFRAG = re.compile(r"(?m)^a=ice-ufrag:([A-Za-z0-9+/]{4,256})\r?$")


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


def restarts(fragment: str, offered: frozenset[str]) -> bool:
    """Whether it brings other credentials than the ones of the offer."""
    return not ufrags(fragment) <= offered
