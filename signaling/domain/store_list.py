"""Reads a list of stores as a spreadsheet saves it, and says for every line what is wrong with it.

Columns, in any order, by an English or a Chinese title: store number, name and region; optional are English names, the
login of the store's tablet and its password.
"""

import csv
import io
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from contract.errors import Rejection
from contract.people import Login, Name
from signaling.domain.accounts import check_password

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 10_000
TITLES = {
    "number": ("number", "门店号", "店号"),
    "name": ("name", "店名", "门店"),
    "name_en": ("name_en", "英文店名"),
    "region": ("region", "区域"),
    "region_en": ("region_en", "英文区域"),
    "tablet": ("tablet", "平板", "平板账号"),
    "password": ("password", "密码"),
}
NEEDED = ("number", "name", "region")
_LOGIN: TypeAdapter[str] = TypeAdapter(Login)


@dataclass(frozen=True)
class StoreLine:
    """One store as the list wants it."""

    line: int
    """In the file, the titles being line 1."""
    number: str
    name: Name
    region: Name
    tablet: str | None
    password: str | None
    """None: make one up, if the tablet is new."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a line, for whoever made the list."""

    line: int
    text: str


class BadList(Exception):
    """The list cannot be used; every problem that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems, the first in line {problems[0].line}")
        self.problems = problems


def read(data: bytes) -> list[StoreLine]:
    """The stores of the list. Raises BadList with every problem; then nothing of it may be used."""
    lines = list(csv.reader(io.StringIO(_text(data), newline=""), delimiter=_delimiter(data)))
    if len(lines) > MAX_LINES:
        raise BadList([Problem(MAX_LINES, f"more than {MAX_LINES} lines; import it in parts")])
    columns = _columns(lines[0] if lines else [])
    problems: list[Problem] = []
    stores: list[StoreLine] = []
    for number, cells in enumerate(lines[1:], start=2):
        values = {key: cells[at].strip() if at < len(cells) else "" for key, at in columns.items()}
        if not any(values.values()):
            continue
        wrong = _wrong(values)
        problems += [Problem(number, text) for text in wrong]
        if not wrong:
            stores.append(_line(number, values))
    problems += _across(stores)
    if problems:
        raise BadList(sorted(problems, key=lambda problem: problem.line))
    return stores


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


def _columns(titles: list[str]) -> dict[str, int]:
    known = {title: key for key, named in TITLES.items() for title in named}
    found: dict[str, int] = {}
    problems = []
    for at, title in enumerate(cell.strip().lower() for cell in titles):
        key = known.get(title)
        if key is None and title:
            problems.append(Problem(1, f"unknown column {title[:40]!r}; known are {', '.join(TITLES)}"))
        elif key in found:
            problems.append(Problem(1, f"the column {key} is there twice"))
        elif key is not None:
            found[key] = at
    problems += [Problem(1, f"the column {key} ({TITLES[key][1]}) is missing") for key in NEEDED if key not in found]
    if problems:
        raise BadList(problems)
    return found


def _wrong(values: dict[str, str]) -> list[str]:
    wrong = [f"{key} is empty" for key in NEEDED if not values[key]]
    wrong += [f"{key} has more than 200 characters" for key, value in values.items() if len(value) > 200]
    if len(values["number"]) > 64:
        wrong.append("number has more than 64 characters")
    tablet, password = values.get("tablet"), values.get("password")
    if tablet:
        try:
            _LOGIN.validate_python(tablet)
        except ValidationError:
            wrong.append("tablet: a login has 2 to 64 of lower-case letters, digits and . _ @ -")
    if password and not tablet:
        wrong.append("password without tablet: whose is it?")
    elif password and tablet:
        try:
            check_password(password, tablet)
        except Rejection as weak:
            wrong.append(f"password: {weak.detail}")
    return wrong


def _line(number: int, values: dict[str, str]) -> StoreLine:
    return StoreLine(
        line=number,
        number=values["number"],
        name=Name(zh=values["name"], en=values.get("name_en") or values["name"]),
        region=Name(zh=values["region"], en=values.get("region_en") or values["region"]),
        tablet=values.get("tablet") or None,
        password=values.get("password") or None,
    )


def _across(stores: list[StoreLine]) -> list[Problem]:
    """What only shows when lines are held against each other."""
    problems = []
    numbers: dict[str, int] = {}
    tablets: dict[str, int] = {}
    for store in stores:
        if (first := numbers.setdefault(store.number, store.line)) != store.line:
            problems.append(Problem(store.line, f"store {store.number} is in line {first} already"))
        if store.tablet and (first := tablets.setdefault(store.tablet, store.line)) != store.line:
            problems.append(Problem(store.line, f"tablet {store.tablet} is in line {first} already"))
    return problems
