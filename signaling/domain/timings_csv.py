"""The times of calls as a table for a spreadsheet: a line for each store and week. Pure."""

import csv
import io
from collections.abc import Iterable

from contract.people import Store
from contract.timings import StageSpreads, TimingLine
from signaling.domain.timings import Stage

_OF_STORE = ("week", "store", "name_zh", "name_en", "region", "calls")
_OF_STAGE = ("count", "p50_ms", "p95_ms")
HEAD = (*_OF_STORE, *(f"{stage}_{column}" for stage in Stage for column in _OF_STAGE))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would carry out."""


def head() -> bytes:
    """UTF-8 with a byte order mark, by which Excel knows it; lines end with CRLF (RFC 4180)."""
    return _written([HEAD]).encode("utf-8-sig")


def rows(week: str, lines: Iterable[TimingLine]) -> bytes:
    """Of the stores of one week, by number."""
    stores = [(line.store, line) for line in lines if line.store is not None]
    return _written(
        (week, *map(_plain, _of(store)), line.calls, *_cells(line.stages))
        for store, line in sorted(stores, key=lambda one: one[0].number)
    ).encode()


def _of(store: Store) -> tuple[str, ...]:
    return store.number, store.name.zh, store.name.en, store.region


def _written(lines: Iterable[Iterable[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue()


def _cells(stages: StageSpreads) -> list[int | str]:
    cells: list[int | str] = []
    for spread in (stages.ring, stages.answer, stages.connected, stages.first_frame, stages.first_audio):
        cells += [spread.count, spread.p50_ms, spread.p95_ms] if spread is not None else [0, "", ""]
    return cells


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
