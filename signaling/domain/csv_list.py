"""Reads a list as a spreadsheet saves it: titles in the first line, in any order, in English or Chinese."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 10_000
MAX_CHARACTERS = 200
"""In one cell."""

Titles = Mapping[str, Sequence[str]]
"""What a column is called, by the name that it has here; the second one is told in words."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a line, for whoever made the list."""

    line: int
    """In the file, the titles being line 1."""
    text: str


class BadList(Exception):
    """The list cannot be used; every problem that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems, the first in line {problems[0].line}")
        self.problems = sorted(problems, key=lambda problem: problem.line)


def cells_of(data: bytes, titles: Titles, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line that is not empty: its number, and its cells by column, trimmed; a missing cell is empty.

    Raises BadList if the titles, the size or the encoding are wrong.
    """
    try:
        lines = list(csv.reader(io.StringIO(_text(data), newline=""), delimiter=_delimiter(data)))
    except csv.Error as error:
        raise BadList([Problem(1, f"this is no CSV: {error}")]) from error
    if len(lines) > MAX_LINES:
        raise BadList([Problem(MAX_LINES, f"more than {MAX_LINES} lines; import it in parts")])
    columns = _columns(lines[0] if lines else [], titles, needed)
    for number, cells in enumerate(lines[1:], start=2):
        values = {key: cells[at].strip() if at < len(cells) else "" for key, at in columns.items()}
        if any(values.values()):
            yield number, values


def wrong_cells(values: Mapping[str, str], needed: Sequence[str]) -> list[str]:
    """What is wrong with the cells of a line whatever they mean."""
    empty = [f"{key} is empty" for key in needed if not values[key]]
    long = [f"{key} has more than {MAX_CHARACTERS} characters" for key, value in values.items() if len(value) > 200]
    return empty + long


def twice(what: str, lines: Sequence[tuple[int, str | None]]) -> list[Problem]:
    """A problem for each line whose value an earlier line has already."""
    first: dict[str, int] = {}
    return [
        Problem(line, f"{what} {value} is in line {first[value]} already")
        for line, value in lines
        if value and first.setdefault(value, line) != line
    ]


def _text(data: bytes) -> str:
    """Spreadsheets save UTF-8, or on a Chinese Windows GB 18030."""
    if len(data) > MAX_BYTES:
        raise BadList([Problem(1, f"the file has more than {MAX_BYTES // 2**20} MiB; import it in parts")])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadList([Problem(1, "neither UTF-8 nor GB 18030: save it as “CSV UTF-8”")])


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
            problems.append(Problem(1, f"unknown column {title[:40]!r}; known are {', '.join(titles)}"))
        elif key in found:
            problems.append(Problem(1, f"the column {key} is there twice"))
        elif key is not None:
            found[key] = at
    problems += [Problem(1, f"the column {key} ({titles[key][1]}) is missing") for key in needed if key not in found]
    if problems:
        raise BadList(problems)
    return found
