"""A list of stores as spreadsheets save it: read as it comes, refused line by line."""

import pytest

from contract.people import Name
from signaling.domain.csv_list import BadList
from signaling.domain.store_list import StoreLine, read

pytestmark = pytest.mark.unit

ENGLISH = "number,name,name_en,region,region_en,tablet,password\n"


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadList) as caught:
        read(text.encode())
    return [(problem.line, problem.text) for problem in caught.value.problems]


def test_every_column_is_read() -> None:
    line = "0117,静安寺店,Jing'an Temple,华东,East,store-0117,four words are long\n"
    assert read((ENGLISH + line).encode()) == [
        StoreLine(
            line=2,
            number="0117",
            name=Name(zh="静安寺店", en="Jing'an Temple"),
            region=Name(zh="华东", en="East"),
            tablet="store-0117",
            password="four words are long",
        )
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_chinese_spreadsheet_is_read_as_it_is_saved(encoding: str, delimiter: str) -> None:
    rows = [["店名", "门店号", "区域"], ["静安寺店", "0117", "华东"], ["", "", ""], ["国贸店", "0201", "华北"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert [(one.line, one.number, one.name.en, one.tablet) for one in read(text.encode(encoding))] == [
        (2, "0117", "静安寺店", None),
        (4, "0201", "国贸店", None),
    ]


def test_every_wrong_line_is_named_with_what_is_wrong() -> None:
    assert problems(
        "number,name,region,tablet,password\n"
        "0117,,华东,,\n"
        "0118,国贸店,华北,Store 0118,\n"
        "0119,望京店,华北,store-0119,short\n"
        "0120,三里屯店,华北,,four words are long\n"
        "0121,好店,华东,store-0121,\n"
        "0121,好店,华东,store-0121,\n"
    ) == [
        (2, "name is empty"),
        (3, "tablet: a login has 2 to 64 of lower-case letters, digits and . _ @ -"),
        (4, "password: a password has at least 10 characters"),
        (5, "password without tablet: whose is it?"),
        (7, "number 0121 is in line 6 already"),
        (7, "tablet store-0121 is in line 6 already"),
    ]


def test_wrong_titles_are_named_before_any_line() -> None:
    assert problems("number,name,name,manager\n1,x,x,x\n") == [
        (1, "the column name is there twice"),
        (1, "unknown column 'manager'; known are number, name, name_en, region, region_en, tablet, password"),
        (1, "the column region (区域) is missing"),
    ]
    assert problems("")[0] == (1, "the column number (门店号) is missing")


def test_what_is_no_text_or_too_long_is_refused() -> None:
    with pytest.raises(BadList, match="1 problems"):
        read(b"\xff\xfe\x00\x01\xff")
    with pytest.raises(BadList, match="1 problems"):
        read(b"x" * (4 * 1024 * 1024 + 1))
