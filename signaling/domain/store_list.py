"""Reads a list of stores, and says for every line what is wrong with it.

Columns, in any order, by an English or a Chinese title: store number, name and region; optional are English names and,
where passwords may be read from it, the login of the store's tablet and its password.
"""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from contract.errors import Rejection
from contract.lists import ListFault, ListProblem
from contract.people import Login, Name
from signaling.domain.accounts import check_password
from signaling.domain.csv_list import BadList, cells_of, problem, twice, wrong_cells

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
SIGN_INS = ("tablet", "password")
NUMBER_CHARACTERS = 64
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


def read(data: bytes, *, sign_ins: bool = True) -> list[StoreLine]:
    """The stores of the list; without `sign_ins` it must not have the columns of tablets.

    Raises BadList with every problem; then nothing of it may be used.
    """
    problems: list[ListProblem] = []
    stores: list[StoreLine] = []
    titles = {key: named for key, named in TITLES.items() if sign_ins or key not in SIGN_INS}
    for line, values in cells_of(data, titles, NEEDED):
        wrong = _wrong(line, values)
        problems += wrong
        if not wrong:
            stores.append(_line(line, values))
    problems += twice("number", [(store.line, store.number) for store in stores])
    problems += twice("tablet", [(store.line, store.tablet) for store in stores])
    if problems:
        raise BadList(problems)
    return stores


def _wrong(line: int, values: dict[str, str]) -> list[ListProblem]:
    wrong = wrong_cells(line, values, NEEDED)
    if len(values["number"]) > NUMBER_CHARACTERS:
        wrong.append(problem(line, ListFault.TOO_LONG, column="number", most=str(NUMBER_CHARACTERS)))
    tablet, password = values.get("tablet"), values.get("password")
    if tablet:
        try:
            _LOGIN.validate_python(tablet)
        except ValidationError:
            wrong.append(problem(line, ListFault.LOGIN, column="tablet"))
    if password and not tablet:
        wrong.append(problem(line, ListFault.PASSWORD_ALONE))
    elif password and tablet:
        try:
            check_password(password, tablet)
        except Rejection as weak:
            wrong.append(problem(line, ListFault.WEAK_PASSWORD, value=weak.detail))
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
