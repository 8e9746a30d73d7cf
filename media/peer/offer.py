"""Reads a client's SDP offer (RFC 8866, RFC 8829) into plain values, within limits.

Unknown attributes are ignored; what we need and cannot read is a ProtocolViolation(`bad_sdp`) that names the line,
never its text. Candidates are only counted: the worker is ICE-lite and learns addresses from checks.
"""

import re
from dataclasses import dataclass, field

from media.peer.described import MAX_LINE_CHARS
from media.peer.shape import OWN, Outline, Shape, bad, has_room, shape, token, whole_number

MAX_BYTES = 48 * 1024
MAX_CANDIDATES = 50
MOST_OWN = 2048
"""Lines of one client alone; a browser writes some sixty. A remembered shape knows where each of them stood."""

_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINT = re.compile(r"(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")
_SSRC = re.compile(r"([0-9]{1,10}) .*")
_FID = re.compile(r"FID ([0-9]{1,10}) ([0-9]{1,10})")
_CREDENTIALS = frozenset({"ice-ufrag", "ice-pwd", "fingerprint"})


@dataclass(slots=True)
class OfferSection:
    """One m-line and its attributes, as offered."""

    outline: Outline
    ufrag: str | None = None
    pwd: str | None = None
    fingerprint: str | None = None
    """SHA-256, upper case."""
    ssrcs: list[int] = field(default_factory=list)
    fid: tuple[int, int] | None = None
    """SSRC and SSRC of its retransmissions (RFC 5576)."""


@dataclass(slots=True)
class Offer:
    """A whole offer; transport values of the session level are already in the sections."""

    shape: Shape
    sections: list[OfferSection]


def parse(text: str) -> Offer:
    """Read an offer. Raises ProtocolViolation(`bad_sdp`)."""
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise bad(f"longer than {MAX_BYTES} bytes")
    if not text.startswith(("v=0\n", "v=0\r")):
        raise bad("line 1 is not v=0")
    pieces = OWN.split(text, maxsplit=MOST_OWN + 1)
    if len(pieces) // 2 > MOST_OWN:
        raise bad(f"more than {MOST_OWN} lines of one client")
    shared = shape(tuple(pieces[::2]))
    session = OfferSection(Outline("session", 0, "", ()))
    sections = [OfferSection(outline) for outline in shared.outlines]
    owners = [*sections, session]
    known: dict[str, tuple[str, str]] = {}
    candidates = 0
    for raw, (owner, number) in zip(pieces[1::2], shared.own, strict=True):
        if len(raw) > MAX_LINE_CHARS + 1:
            raise bad(f"line {number}: longer than {MAX_LINE_CHARS} characters")
        if raw.startswith("o="):  # names the session, and is no attribute
            continue
        name, value = known.get(raw) or _own(raw.rstrip("\r"), number)
        section = owners[owner]
        if name in _CREDENTIALS:  # alike in every section
            known[raw] = name, value
        match name:
            case "ice-ufrag":
                section.ufrag = value
            case "ice-pwd":
                section.pwd = value
            case "fingerprint":
                section.fingerprint = value or section.fingerprint
            case "ssrc":
                _ssrc(section, value, number)
            case "ssrc-group":
                found = _FID.fullmatch(value)
                if found is not None:
                    most = 2**32 - 1
                    section.fid = whole_number(found[1], most, number), whole_number(found[2], most, number)
            case "candidate":
                candidates += 1
                if candidates > MAX_CANDIDATES:
                    raise bad(f"more than {MAX_CANDIDATES} candidates")
            case _:
                pass
    for section in sections:
        section.ufrag = section.ufrag or session.ufrag
        section.pwd = section.pwd or session.pwd
        section.fingerprint = section.fingerprint or session.fingerprint
    return Offer(shared, sections)


def _own(line: str, number: int) -> tuple[str, str]:
    """Name and value of an attribute, "" of a fingerprint that we do not use."""
    name, _, value = line[2:].partition(":")
    match name:
        case "ice-ufrag" | "ice-pwd":
            return name, token(_ICE, value, number)
        case "fingerprint":
            algorithm, _, digest = value.partition(" ")
            return name, token(_FINGERPRINT, digest, number).upper() if algorithm.lower() == "sha-256" else ""
        case _:
            return name, value


def _ssrc(section: OfferSection, value: str, number: int) -> None:
    found = _SSRC.fullmatch(value)
    if found is None:
        raise bad(f"line {number}: ssrc is not understood")
    ssrc = whole_number(found[1], 2**32 - 1, number)
    if ssrc not in section.ssrcs:
        has_room(section.ssrcs, number)
        section.ssrcs.append(ssrc)
