"""Whatever is done to the rows of the audit from outside is named."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from signaling.domain.audit_chain import EMPTY, Checker, Fault, Head, Kind, Row, follow

pytestmark = pytest.mark.unit


def written(count: int) -> list[Row]:
    """So many rows as they are written, with every kind of text."""
    head, rows = EMPTY, []
    for number in range(1, count + 1):
        head_before = head
        row = follow(
            head_before,
            Row(
                seq=0,
                id=f"id-{number}",
                at_ms=1_790_000_000_000 - number,  # a later row may be of an earlier moment
                person=None if number % 3 == 0 else "p-chen",
                action="room_joined",
                object="陈立群\u2028",
                address="::1",
                detail="",
            ),
        )
        rows.append(row)
        head = Head(row.seq, row.hash)
    return rows


def head_of(rows: list[Row]) -> Head:
    return Head(rows[-1].seq, rows[-1].hash)


def faults(rows: list[Row], head: Head, noted: Head | None = None) -> list[tuple[Kind, int, int]]:
    checker = Checker(noted)
    found: list[Fault] = [fault for row in rows for fault in checker.take(row)]
    return [(fault.kind, fault.seq, fault.until) for fault in [*found, *checker.end(head)]]


ROWS = written(9)
HEAD = head_of(ROWS)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_what_was_written_has_no_fault(count: int) -> None:
    rows = written(count)
    assert faults(rows, head_of(rows) if rows else EMPTY) == []


@pytest.mark.parametrize("at", range(9))
@pytest.mark.parametrize(
    "change",
    [
        {"person": "p-liu"},
        {"person": ""},
        {"action": "signed_in"},
        {"object": None},
        {"at_ms": 0},
        {"address": ""},
        {"detail": "x"},
        {"id": "id-99"},
        {"hash": bytes(32)},
    ],
    ids=str,
)
def test_a_changed_row_is_named(at: int, change: dict[str, Any]) -> None:
    rows = ROWS.copy()
    rows[at] = replace(rows[at], **change)
    found = faults(rows, HEAD)
    assert (Kind.CHANGED, at + 1, at + 1) in found
    assert all(seq == at + 1 for _, seq, _ in found)


@pytest.mark.parametrize("at", range(9))
def test_a_row_that_was_replaced_with_its_hash_is_named(at: int) -> None:
    rows = ROWS.copy()
    forged = replace(rows[at], person="p-liu")
    rows[at] = replace(forged, hash=forged.digest())
    assert faults(rows, HEAD) == [(Kind.BROKEN, at + 1, at + 1)]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 8), (4, 4), (4, 6), (9, 9), (7, 9), (1, 9)])
def test_rows_that_were_removed_are_named(first: int, last: int) -> None:
    rows = [row for row in ROWS if not first <= row.seq <= last]
    assert faults(rows, HEAD) == [(Kind.MISSING, first, last)]


def test_rows_that_changed_places_are_named() -> None:
    rows = ROWS.copy()
    rows[2], rows[6] = replace(rows[6], seq=3), replace(rows[2], seq=7)
    assert {seq for kind, seq, _ in faults(rows, HEAD) if kind is Kind.CHANGED} == {3, 7}


def test_a_removed_row_cannot_be_hidden_by_counting_anew() -> None:
    rows = [row if row.seq < 4 else replace(row, seq=row.seq - 1) for row in ROWS if row.seq != 4]
    assert (Kind.CHANGED, 4, 4) in faults(rows, HEAD)


def test_a_row_that_was_added_at_the_end_is_named() -> None:
    assert faults([*ROWS, follow(HEAD, ROWS[0])], HEAD) == [(Kind.ADDED, 10, 10)]


def test_an_audit_that_was_written_anew_does_not_fit_the_head_that_was_noted() -> None:
    rows: list[Row] = []
    for row in ROWS:
        rows.append(follow(head_of(rows) if rows else EMPTY, replace(row, address="10.0.0.1")))
    assert faults(rows, head_of(rows)) == [], "nothing in it tells"
    assert faults(rows, head_of(rows), Head(5, ROWS[4].hash)) == [(Kind.BROKEN, 5, 5)]
    assert faults(ROWS[:3], head_of(ROWS[:3]), Head(5, ROWS[4].hash)) == [(Kind.MISSING, 4, 5)]


def test_an_exported_line_can_be_checked_with_nothing_but_json_and_sha256() -> None:
    before = bytes(32)
    for row in ROWS:
        line = json.loads(row.line())
        digest = line.pop("hash")
        assert line["prev"] == before.hex()
        text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        before = hashlib.sha256(text).digest()
        assert before.hex() == digest


def test_the_form_that_is_hashed_never_changes() -> None:
    """Old rows would no longer fit: this hash was written down with the first release of the chain."""
    row = Row(seq=7, id="a", at_ms=5, person="p", action="signed_in", object=None, address="::1", detail="质")
    assert row.digest().hex() == "32638d71539c8c9a2ba4ace4ed42d3bb4f594d35a236b9fd27899583950aac76"


def test_a_head_is_read_as_it_is_printed_and_nothing_else_is_one() -> None:
    assert Head.parse(str(HEAD)) == HEAD
    for text in ("", "9", "9:", f"x:{'0' * 64}", f"9:{'0' * 63}", f"-9:{'0' * 64}", f"9:{'g' * 64}"):
        with pytest.raises(ValueError, match=r"head|hexadecimal"):
            Head.parse(text)
