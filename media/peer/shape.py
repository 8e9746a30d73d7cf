"""What an offer says that is not of its client alone, read once for all who say the same.

Every client of one release of a browser offers the same sections with the same lines, but for some sixty of five
hundred: its credentials, its SSRCs, its names. What remains without those is the shape (decision 0030).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

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

MAX_SECTIONS = 32
MOST_RUNS = 8 * MAX_SECTIONS
"""Browsers write two to five runs of codecs and extensions for each section."""
REMEMBERED_SHAPES = 32
"""A release of a browser has one for each layout. The least used is forgotten; one has some 100 kB at most."""

OWN = re.compile(r"\n((?:o=|a=(?:ice-ufrag|ice-pwd|fingerprint|ssrc|msid|candidate)).*)")
"""Splits an offer: every second piece is a line that is of one client."""

_M_LINE = re.compile(r"(audio|video|application) ([0-9]{1,5}) ([A-Z/]{1,32}) ([!-~ ]{1,400})")
_MID = re.compile(r"[!-~]{1,16}")
_RID = re.compile(r"([A-Za-z0-9_-]{1,16}) (send|recv)(?: .*)?")
_SIMULCAST = re.compile(r"send ([A-Za-z0-9_~,;-]{1,200})(?: recv .*)?")
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})
_DESCRIBED = frozenset({"extmap", "rtpmap", "fmtp", "rtcp-fb"})
_READ = _DIRECTIONS | _DESCRIBED | {"mid", "bundle-only", "rtcp-mux", "setup", "sctp-port", "rid", "simulcast"}
"""Attributes that say something to us."""


@dataclass(slots=True)
class Outline:
    """One m-line and those of its attributes that many clients share. Nothing in it changes once it was read."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    mid: str = ""
    direction: str | None = None
    bundle_only: bool = False
    rtcp_mux: bool = False
    setup: str | None = None
    described: Described = NOTHING
    """Its codecs and extensions."""
    rids: list[str] = field(default_factory=list)
    """Streams that the client says how it would send (RFC 8851)."""
    simulcast: Sequence[tuple[str, bool]] = ()
    """Those that it would send at once (RFC 8853), the first of each list of alternatives, and whether paused."""
    sctp_port: int | None = None


@dataclass(frozen=True, eq=False)
class Shape:
    """What remains of an offer without the lines of OWN. Shared by many offers, so nothing in it may change."""

    outlines: list[Outline]
    bundle: list[str]
    own: list[tuple[int, int]]
    """Of each line that was taken out: the section that it is in, -1 before the first, and its number."""


def bad(detail: str) -> ProtocolViolation:
    """The one error of this module, and of media.peer.offer."""
    return ProtocolViolation(ErrorCode.BAD_SDP, detail)


def token(pattern: re.Pattern[str], value: str, number: int) -> str:
    """`value`, if it is one; `number` is that of its line."""
    if pattern.fullmatch(value) is None:
        raise bad(f"line {number}: value is not understood")
    return value


def whole_number(value: str, most: int, number: int) -> int:
    """`value`, if it is not above `most`."""
    if not (value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= most):
        raise bad(f"line {number}: number is not in 0..{most}")
    return int(value)


def has_room(container: list[int] | list[str], number: int) -> None:
    """Refuse what would be one too many."""
    if len(container) >= MAX_PER_SECTION:
        raise bad(f"line {number}: more than {MAX_PER_SECTION} of one attribute")


@lru_cache(maxsize=REMEMBERED_SHAPES)
def shape(pieces: tuple[str, ...]) -> Shape:
    """Read what lies between the lines of OWN. Raises ProtocolViolation(`bad_sdp`)."""
    session = current = Outline("session", 0, "", ())
    found = Shape([], [], [])
    number, runs = 1, 0
    for index, piece in enumerate(pieces):
        if index:
            number += 1
            found.own.append((len(found.outlines) - 1, number))
        for at, text in enumerate(RUNS.split(piece)):
            if at % 2:
                runs += 1
                if runs > MOST_RUNS:
                    raise bad(f"more than {MOST_RUNS} runs of codecs or extensions")
                _describe(current, text, number)
            else:
                for line_number, raw in enumerate(text.split("\n"), number):
                    current = _line(found, session, current, raw.rstrip("\r"), line_number)
            number += text.count("\n")
    for outline in found.outlines:
        outline.setup = outline.setup or session.setup
    return found


def _line(found: Shape, session: Outline, current: Outline, line: str, number: int) -> Outline:
    """Take over one line; the section that the next one is in."""
    if not line:
        return current
    if len(line) > MAX_LINE_CHARS:
        raise bad(f"line {number}: longer than {MAX_LINE_CHARS} characters")
    if len(line) < 2 or line[1] != "=":
        raise bad(f"line {number} is not <type>=<value>")
    if line[0] == "m":
        if len(found.outlines) == MAX_SECTIONS:
            raise bad(f"more than {MAX_SECTIONS} media sections")
        current = _m_line(line[2:], number)
        found.outlines.append(current)
    elif line[0] == "a":
        name, _, value = line[2:].partition(":")
        if name == "group" and current is session:
            words = value.split()
            if words[:1] == ["BUNDLE"]:
                found.bundle[:] = words[1 : MAX_SECTIONS + 2]
        elif name in _READ:
            _attribute(current, name, value, number)
    return current


def _describe(outline: Outline, run: str, number: int) -> None:
    """Take over what a run of lines says; it begins with the end of line `number`."""
    try:
        found = described(run.removesuffix("\n"))
        outline.described = found if outline.described is NOTHING else together(outline.described, found)
    except Unreadable as error:
        raise bad(f"line {number + error.line}: {error}") from None


def _m_line(value: str, number: int) -> Outline:
    match = _M_LINE.fullmatch(value)
    if match is None:
        raise bad(f"line {number}: media section is not understood")
    formats = tuple(match[4].split())
    if len(formats) > MAX_PER_SECTION:
        raise bad(f"line {number}: more than {MAX_PER_SECTION} formats")
    port = int(match[2])
    if port > 65535:
        raise bad(f"line {number}: port is not in 0..65535")
    return Outline(match[1], port, match[3], formats)


def _attribute(outline: Outline, name: str, value: str, number: int) -> None:
    """Take over one attribute that we know."""
    if name in _DIRECTIONS:
        if outline.kind != "session":
            outline.direction = name
        return
    match name:
        case "mid":
            outline.mid = token(_MID, value, number)
        case "bundle-only":
            outline.bundle_only = True
        case "rtcp-mux":
            outline.rtcp_mux = True
        case "setup":
            outline.setup = value
        case "sctp-port":
            outline.sctp_port = whole_number(value, 65535, number)
        case "rid":
            found = _RID.fullmatch(value)
            if found is not None and found[2] == "send":
                has_room(outline.rids, number)
                outline.rids.append(found[1])
        case "simulcast":
            found = _SIMULCAST.fullmatch(value)
            if found is not None:
                firsts = [alternatives.split(",")[0] for alternatives in found[1].split(";")]
                outline.simulcast = [(name.lstrip("~"), name.startswith("~")) for name in firsts]
        case _:  # without a value, or it would be in a run
            raise bad(f"line {number}: {name} is not understood")
