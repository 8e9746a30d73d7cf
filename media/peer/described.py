"""What an offer says of codecs and header extensions, read once for all who say the same.

These are most lines of an offer, and every client of one release of a browser writes them alike, in each section: read
line by line they were a fifth of what a join cost (decision 0030). Nothing in them is of one client.
"""

import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from functools import lru_cache

MAX_LINE_CHARS = 1024
MAX_PER_SECTION = 64
"""Payload types, extensions or SSRC lines of one section."""
REMEMBERED = 128
"""Runs of lines; a browser has some six. The least used is forgotten, and an offer limits how long one can be."""

RUNS = re.compile(r"(\n(?:a=(?:extmap|rtpmap|rtcp-fb|fmtp):.*\n?)++)")
"""Splits an offer: every second piece is a run of the lines that are read here, with the end of the line before."""

_EXTMAP = re.compile(r"([0-9]{1,5})(?:/(sendrecv|sendonly|recvonly|inactive))? ([!-~]{1,255})(?: .*)?")
_NUMBERED = re.compile(r"([0-9]{1,3}) (.{1,800})")


class Unreadable(ValueError):
    """What is wrong, and how many lines after the one that `run` begins with."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line = line


@dataclass(frozen=True, slots=True)
class Extension:
    """An offered header extension (RFC 8285)."""

    id: int
    direction: str | None


@dataclass(frozen=True, eq=False)
class Described:
    """Codecs and extensions of a section. Shared by many offers, so nothing in it may change."""

    rtpmap: Mapping[int, str]
    """Payload type → `name/rate[/channels]`, lower case."""
    fmtp: Mapping[int, str]
    feedback: Mapping[int, frozenset[str]]
    extensions: Mapping[str, Extension]


NOTHING = Described({}, {}, {}, {})


@lru_cache(maxsize=REMEMBERED)
def described(run: str) -> Described:
    """Read a run of lines, the first of them `\\n` alone. Raises Unreadable."""
    rtpmap: dict[int, str] = {}
    fmtp: dict[int, str] = {}
    feedback: dict[int, set[str]] = {}
    extensions: dict[str, Extension] = {}
    for number, raw in enumerate(run.removesuffix("\n").split("\n")[1:], 1):
        line = raw.rstrip("\r")
        if len(line) > MAX_LINE_CHARS:
            raise Unreadable(number, f"longer than {MAX_LINE_CHARS} characters")
        name, _, value = line[2:].partition(":")
        if name == "extmap":
            found = _EXTMAP.fullmatch(value)
            if found is None or not 1 <= int(found[1]) <= 255:
                raise Unreadable(number, "extmap is not understood")
            extensions[found[3]] = Extension(int(found[1]), found[2])
        elif name == "rtcp-fb" and value.startswith("*"):
            continue
        else:
            found = _NUMBERED.fullmatch(value)
            if found is None:
                raise Unreadable(number, f"{name} is not understood")
            payload_type = int(found[1])
            if payload_type > 127:
                raise Unreadable(number, "number is not in 0..127")
            if name == "rtpmap":
                rtpmap[payload_type] = found[2].strip().lower()
            elif name == "fmtp":
                fmtp[payload_type] = found[2].strip()
            else:
                feedback.setdefault(payload_type, set()).add(found[2].strip().lower())
    names = {payload_type: frozenset(found) for payload_type, found in feedback.items()}
    return _limited(Described(rtpmap, fmtp, names, extensions))


@lru_cache(maxsize=REMEMBERED)
def together(first: Described, second: Described) -> Described:
    """What two runs of one section say; the second counts where both say something. Raises Unreadable."""
    feedback = {**first.feedback, **second.feedback}
    for payload_type in first.feedback.keys() & second.feedback.keys():
        feedback[payload_type] = first.feedback[payload_type] | second.feedback[payload_type]
    return _limited(
        Described(
            {**first.rtpmap, **second.rtpmap},
            {**first.fmtp, **second.fmtp},
            feedback,
            {**first.extensions, **second.extensions},
        )
    )


def _limited(whole: Described) -> Described:
    containers: list[Sized] = [whole.rtpmap, whole.fmtp, whole.feedback, whole.extensions, *whole.feedback.values()]
    if any(len(container) > MAX_PER_SECTION for container in containers):
        raise Unreadable(0, f"more than {MAX_PER_SECTION} of one attribute")
    return whole
