"""The chain of the audit: each row holds the hash of the one before, so that none can be changed without a trace.

A row's hash is the SHA-256 of its JSON with the keys in order, without spaces, as UTF-8; `prev` in it is the hash of
the row before. `passline audit export` writes the same JSON plus `hash`, so anybody can check it with other tools.
This form never changes: old rows would no longer fit. `operator` is in it only where there is one.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

_Json = dict[str, object]

FIRST_PREV = bytes(32)
"""What the first row of all follows."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: its last row's number (0: none yet) and hash. Noted elsewhere, it vouches for all before."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """The other way. Raises ValueError for anything else."""
        seq, _, digest = text.partition(":")
        if not seq.isdecimal() or len(digest) != 64:
            raise ValueError("a head is NUMBER:HASH, with a hash of 64 hexadecimal digits")
        return cls(int(seq), bytes.fromhex(digest))


EMPTY = Head(0, FIRST_PREV)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One act as it is kept. `hash` is what was written down, not what it should be."""

    seq: int
    id: str
    at_ms: int
    person: str | None
    action: str
    object: str | None
    address: str
    detail: str
    operator: str | None = None
    """Who had taken the tablet over that is `person`."""
    prev: bytes = FIRST_PREV
    hash: bytes = b""

    def digest(self) -> bytes:
        """What `hash` should be."""
        return hashlib.sha256(_json(self._content())).digest()

    def line(self) -> bytes:
        """The row as it is exported, with its line end."""
        return _json({**self._content(), "hash": self.hash.hex()}) + b"\n"

    def _content(self) -> _Json:
        content = asdict(self)
        del content["hash"]
        if self.operator is None:
            del content["operator"]
        return {**content, "prev": self.prev.hex()}


def _json(content: _Json) -> bytes:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def follow(head: Head, row: Row) -> Row:
    """`row` as the next one after `head`: with its number, `prev` and hash."""
    placed = replace(row, seq=head.seq + 1, prev=head.hash)
    return replace(placed, hash=placed.digest())


class Kind(StrEnum):
    """What is wrong with a row."""

    CHANGED = "changed"
    """It is not what was written."""
    MISSING = "missing"
    BROKEN = "broken"
    """It was replaced as a whole: what follows it followed another one."""
    ADDED = "added"
    """Past the end: it was not written by Passline."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was done to the audit from outside."""

    kind: Kind
    seq: int
    until: int
    """The last of several; else as `seq`."""


class Checker:
    """Looks at all rows in order: `take` each, then `end` with the head. Both tell what is wrong.

    A row that is wrong accuses only itself: the next one is compared with what is there.
    """

    def __init__(self, noted: Head | None = None) -> None:
        """`noted` is a head of earlier, kept where who can write here cannot."""
        self._last = EMPTY
        self._noted = noted

    @property
    def last(self) -> Head:
        """The last row that was taken."""
        return self._last

    def take(self, row: Row) -> Iterator[Fault]:
        """`row` is the next one there is."""
        last, self._last = self._last, Head(row.seq, row.hash)
        whole = row.digest() == row.hash
        if row.seq > last.seq + 1:
            yield Fault(Kind.MISSING, last.seq + 1, row.seq - 1)
        elif whole and row.prev != last.hash:
            yield Fault(Kind.BROKEN, *(max(last.seq, 1),) * 2)
        if not whole:
            yield Fault(Kind.CHANGED, row.seq, row.seq)
        if self._noted is not None and self._noted.seq == row.seq and self._noted.hash != row.hash:
            yield Fault(Kind.BROKEN, row.seq, row.seq)

    def end(self, head: Head) -> Iterator[Fault]:
        """There are no more rows, and `head` is what was kept as the last one."""
        last = self._last
        expected = max(head.seq, self._noted.seq if self._noted is not None else 0)
        if last.seq < expected:
            yield Fault(Kind.MISSING, last.seq + 1, expected)
        if last.seq > head.seq:
            yield Fault(Kind.ADDED, head.seq + 1, last.seq)
        if last.seq == head.seq and last.hash != head.hash:
            yield Fault(Kind.BROKEN, last.seq, last.seq)
