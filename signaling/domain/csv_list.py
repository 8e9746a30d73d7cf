"""Reads a list as a spreadsheet saves it: titles in the first line, in any order, in English or Chinese."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from contract.lists import ListFault, ListProblem

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 10_000
MAX_CHARACTERS = 200
"""In one cell."""

Titles = Mapping[str, Sequence[str]]
"""What a column is called, by the name that it has here; the second one is told in words."""


TEXTS: dict[ListFault, str] = {
    ListFault.NO_CSV: "this is no CSV: {value}",
    ListFault.ENCODING: "neither UTF-8 nor GB 18030: save it as “CSV UTF-8”",
    ListFault.TOO_LARGE: "the file has more than {most} MiB; import it in parts",
    ListFault.TOO_MANY_LINES: "more than {most} lines; import it in parts",
    ListFault.COLUMN_UNKNOWN: "unknown column {value!r}; known are {known}",
    ListFault.COLUMN_TWICE: "the column {column} is there twice",
    ListFault.COLUMN_MISSING: "the column {column} ({title}) is missing",
    ListFault.EMPTY: "{column} is empty",
    ListFault.TOO_LONG: "{column} has more than {most} characters",
    ListFault.TWICE: "{column} {value} is in line {first} already",
    ListFault.LOGIN: "{column}: a login has 2 to 64 of lower-case letters, digits and . _ @ -",
    ListFault.ROLE: "role {value!r} is none of {known}",
    ListFault.MANAGER_REGION: "a manager, and only a manager, has a region",
    ListFault.SKILL: "skill {value!r} is none of {known}",
    ListFault.ONLY_EXPERTS: "only an expert has skills",
    ListFault.PASSWORD_ALONE: "password without tablet: whose is it?",
    ListFault.WEAK_PASSWORD: "password: {value}",
    ListFault.NO_REGION: "there is no region {value}",
    ListFault.IS_TABLET: "{value} is a tablet",
    ListFault.OTHER_ROLE: "{value} has the role {role}; a list does not change a role",
    ListFault.LOGIN_TAKEN: "the login {value} is taken by somebody else",
    ListFault.STORE_CLOSED: "the store is closed",
    ListFault.NO_STORE: "there is no store {value}",
    ListFault.REASON: "reason {value!r} is none of {known}",
    ListFault.DATE: "{column} {value!r} is no day like 2026-03-31",
}


def problem(line: int, fault: ListFault, **about: str) -> ListProblem:
    """What is wrong with `line` of the file, the titles being line 1, for whoever made the list."""
    return ListProblem(line=line, fault=fault, about=about, text=TEXTS[fault].format(**about))


class BadList(Exception):
    """The list cannot be used; every problem that was found."""

    def __init__(self, problems: list[ListProblem]) -> None:
        super().__init__(f"{len(problems)} problems, the first in line {problems[0].line}")
        self.problems = sorted(problems, key=lambda one: one.line)


def cells_of(data: bytes, titles: Titles, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line that is not empty: its number, and its cells by column, trimmed; a missing cell is empty.

    Raises BadList if the titles, the size or the encoding are wrong.
    """
    try:
        lines = list(csv.reader(io.StringIO(_text(data), newline=""), delimiter=_delimiter(data)))
    except csv.Error as error:
        raise BadList([problem(1, ListFault.NO_CSV, value=str(error))]) from error
    if len(lines) > MAX_LINES:
        raise BadList([problem(MAX_LINES, ListFault.TOO_MANY_LINES, most=str(MAX_LINES))])
    columns = _columns(lines[0] if lines else [], titles, needed)
    for number, cells in enumerate(lines[1:], start=2):
        values = {key: cells[at].strip() if at < len(cells) else "" for key, at in columns.items()}
        if any(values.values()):
            yield number, values


def wrong_cells(line: int, values: Mapping[str, str], needed: Sequence[str]) -> list[ListProblem]:
    """What is wrong with the cells of a line whatever they mean."""
    empty = [problem(line, ListFault.EMPTY, column=key) for key in needed if not values[key]]
    long = [key for key, value in values.items() if len(value) > MAX_CHARACTERS]
    return empty + [problem(line, ListFault.TOO_LONG, column=key, most=str(MAX_CHARACTERS)) for key in long]


def twice(column: str, lines: Sequence[tuple[int, str | None]]) -> list[ListProblem]:
    """A problem for each line whose value an earlier line has already."""
    first: dict[str, int] = {}
    return [
        problem(line, ListFault.TWICE, column=column, value=value, first=str(first[value]))
        for line, value in lines
        if value and first.setdefault(value, line) != line
    ]


def _text(data: bytes) -> str:
    """Spreadsheets save UTF-8, or on a Chinese Windows GB 18030."""
    if len(data) > MAX_BYTES:
        raise BadList([problem(1, ListFault.TOO_LARGE, most=str(MAX_BYTES // 2**20))])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadList([problem(1, ListFault.ENCODING)])


def _delimiter(data: bytes) -> str:
    """Comma, semicolon or tab: whichever parts the titles most often."""
    titles = data.split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(",;\t", key=titles.count)


def _columns(cells: list[str], titles: Titles, needed: Sequence[str]) -> dict[str, int]:
    known = {title: key for key, named in titles.items() for title in named}
    found: dict[str, int] = {}
    problems = []
    for at, title in enumerate(cell.strip().lower() for cell in cells):
        key = known.get(title)
        if key is None and title:
            problems.append(problem(1, ListFault.COLUMN_UNKNOWN, value=title[:40], known=", ".join(titles)))
        elif key in found:
            problems.append(problem(1, ListFault.COLUMN_TWICE, column=key))
        elif key is not None:
            found[key] = at
    missing = [key for key in needed if key not in found]
    problems += [problem(1, ListFault.COLUMN_MISSING, column=key, title=titles[key][1]) for key in missing]
    if problems:
        raise BadList(problems)
    return found
