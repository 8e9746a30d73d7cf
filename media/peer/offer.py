"""Reads a client's SDP offer (RFC 8866, RFC 8829) into plain values, within limits.

Unknown attributes are ignored; what we need and cannot read is a ProtocolViolation(`bad_sdp`) that names the line,
never its text. Candidates are only counted: the worker is ICE-lite and learns addresses from checks.
"""

import re
from dataclasses import dataclass, field

from contract.errors import ErrorCode, ProtocolViolation
from media.peer.described import (
    MAX_LINE_CHARS,
    MAX_PER_SECTION,
    NOTHING,
    RUNS,
    Described,
    Unreadable,
    described,
    together,
)

MAX_BYTES = 48 * 1024
MAX_SECTIONS = 32
MOST_RUNS = 8 * MAX_SECTIONS
"""Browsers write two to five runs of codecs and extensions for each section."""
MAX_CANDIDATES = 50

_M_LINE = re.compile(r"(audio|video|application) ([0-9]{1,5}) ([A-Z/]{1,32}) ([!-~ ]{1,400})")
_MID = re.compile(r"[!-~]{1,16}")
_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINT = re.compile(r"(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")
_SSRC = re.compile(r"([0-9]{1,10}) .*")
_FID = re.compile(r"FID ([0-9]{1,10}) ([0-9]{1,10})")
_RID = re.compile(r"([A-Za-z0-9_-]{1,16}) (send|recv)(?: .*)?")
_SIMULCAST = re.compile(r"send ([A-Za-z0-9_~,;-]{1,200})(?: recv .*)?")
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})
_TRANSPORT = frozenset({"mid", "bundle-only", "rtcp-mux", "setup", "ice-ufrag", "ice-pwd", "fingerprint", "sctp-port"})
_STREAMS = frozenset({"ssrc", "ssrc-group", "rid", "simulcast"})
_DESCRIBED = frozenset({"extmap", "rtpmap", "fmtp", "rtcp-fb"})
_READ = _DIRECTIONS | _TRANSPORT | _STREAMS | _DESCRIBED
"""Attributes that say something to us."""


@dataclass(slots=True)
class OfferSection:
    """One m-line and its attributes, as offered."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    mid: str = ""
    direction: str | None = None
    bundle_only: bool = False
    rtcp_mux: bool = False
    setup: str | None = None
    ufrag: str | None = None
    pwd: str | None = None
    fingerprint: str | None = None
    """SHA-256, upper case."""
    described: Described = NOTHING
    """Its codecs and extensions."""
    ssrcs: list[int] = field(default_factory=list)
    fid: tuple[int, int] | None = None
    """SSRC and SSRC of its retransmissions (RFC 5576)."""
    rids: list[str] = field(default_factory=list)
    """Streams that the client says how it would send (RFC 8851)."""
    simulcast: list[tuple[str, bool]] = field(default_factory=list)
    """Those that it would send at once (RFC 8853), the first of each list of alternatives, and whether paused."""
    sctp_port: int | None = None


@dataclass(slots=True)
class Offer:
    """A whole offer; transport values of the session level are already in the sections."""

    sections: list[OfferSection]
    bundle: list[str]


def bad(detail: str) -> ProtocolViolation:
    """The one error of this module."""
    return ProtocolViolation(ErrorCode.BAD_SDP, detail)


def parse(text: str) -> Offer:
    """Read an offer. Raises ProtocolViolation(`bad_sdp`)."""
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise bad(f"longer than {MAX_BYTES} bytes")
    if not text.startswith(("v=0\n", "v=0\r")):
        raise bad("line 1 is not v=0")
    session = OfferSection("session", 0, "", ())
    offer = Offer([], [])
    current = session
    candidates = 0
    number = 1
    for index, piece in enumerate(RUNS.split(text)):
        if index > 2 * MOST_RUNS:
            raise bad(f"more than {MOST_RUNS} runs of codecs or extensions")
        if index % 2:
            _describe(current, piece, number)
            number += piece.count("\n")
            continue
        for line_number, raw in enumerate(piece.split("\n"), number):
            line = raw.rstrip("\r")
            if not line:
                continue
            if len(line) > MAX_LINE_CHARS:
                raise bad(f"line {line_number}: longer than {MAX_LINE_CHARS} characters")
            if len(line) < 2 or line[1] != "=":
                raise bad(f"line {line_number} is not <type>=<value>")
            if line[0] == "m":
                if len(offer.sections) == MAX_SECTIONS:
                    raise bad(f"more than {MAX_SECTIONS} media sections")
                current = _m_line(line[2:], line_number)
                offer.sections.append(current)
            elif line[0] == "a":
                name, _, value = line[2:].partition(":")
                if name == "candidate":
                    candidates += 1
                    if candidates > MAX_CANDIDATES:
                        raise bad(f"more than {MAX_CANDIDATES} candidates")
                elif name == "group" and current is session:
                    words = value.split()
                    if words[:1] == ["BUNDLE"]:
                        offer.bundle = words[1 : MAX_SECTIONS + 2]
                elif name in _READ:
                    _attribute(current, name, value, line_number)
        number += piece.count("\n")
    _inherit(session, offer)
    return offer


def _describe(section: OfferSection, run: str, number: int) -> None:
    """Take over what a run of lines says; it begins with the end of line `number`."""
    try:
        found = described(run)
        section.described = found if section.described is NOTHING else together(section.described, found)
    except Unreadable as error:
        raise bad(f"line {number + error.line}: {error}") from None


def _m_line(value: str, number: int) -> OfferSection:
    match = _M_LINE.fullmatch(value)
    if match is None:
        raise bad(f"line {number}: media section is not understood")
    formats = tuple(match[4].split())
    if len(formats) > MAX_PER_SECTION:
        raise bad(f"line {number}: more than {MAX_PER_SECTION} formats")
    port = int(match[2])
    if port > 65535:
        raise bad(f"line {number}: port is not in 0..65535")
    return OfferSection(match[1], port, match[3], formats)


def _attribute(section: OfferSection, name: str, value: str, number: int) -> None:
    """Take over one attribute that we know."""
    if name in _DIRECTIONS and section.kind != "session":
        section.direction = name
        return
    match name:
        case "mid":
            section.mid = _token(_MID, value, number)
        case "bundle-only":
            section.bundle_only = True
        case "rtcp-mux":
            section.rtcp_mux = True
        case "setup":
            section.setup = value
        case "ice-ufrag":
            section.ufrag = _token(_ICE, value, number)
        case "ice-pwd":
            section.pwd = _token(_ICE, value, number)
        case "fingerprint":
            algorithm, _, digest = value.partition(" ")
            if algorithm.lower() == "sha-256":
                section.fingerprint = _token(_FINGERPRINT, digest, number).upper()
        case "sctp-port":
            section.sctp_port = _number(value, 65535, number)
        case name if name in _DESCRIBED:  # without a value, or it would be in a run
            raise bad(f"line {number}: {name} is not understood")
        case "ssrc":
            found = _SSRC.fullmatch(value)
            if found is None:
                raise bad(f"line {number}: ssrc is not understood")
            ssrc = _number(found[1], 2**32 - 1, number)
            if ssrc not in section.ssrcs:
                _room(section.ssrcs, number)
                section.ssrcs.append(ssrc)
        case "ssrc-group":
            found = _FID.fullmatch(value)
            if found is not None:
                section.fid = _number(found[1], 2**32 - 1, number), _number(found[2], 2**32 - 1, number)
        case "rid":
            found = _RID.fullmatch(value)
            if found is not None and found[2] == "send":
                _room(section.rids, number)
                section.rids.append(found[1])
        case "simulcast":
            found = _SIMULCAST.fullmatch(value)
            if found is not None:
                firsts = [alternatives.split(",")[0] for alternatives in found[1].split(";")]
                section.simulcast = [(name.lstrip("~"), name.startswith("~")) for name in firsts]
        case _:
            pass


def _room(container: list[int] | list[str], number: int) -> None:
    """Refuse what would be one too many."""
    if len(container) >= MAX_PER_SECTION:
        raise bad(f"line {number}: more than {MAX_PER_SECTION} of one attribute")


def _token(pattern: re.Pattern[str], value: str, number: int) -> str:
    if pattern.fullmatch(value) is None:
        raise bad(f"line {number}: value is not understood")
    return value


def _number(value: str, most: int, number: int) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= most):
        raise bad(f"line {number}: number is not in 0..{most}")
    return int(value)


def _inherit(session: OfferSection, offer: Offer) -> None:
    """Session-level transport attributes count for every section that has none of its own."""
    for section in offer.sections:
        section.setup = section.setup or session.setup
        section.ufrag = section.ufrag or session.ufrag
        section.pwd = section.pwd or session.pwd
        section.fingerprint = section.fingerprint or session.fingerprint
