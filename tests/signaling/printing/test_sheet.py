"""A sheet of stickers as it comes out of the printer: every square can be read, every word is only a word."""

import pypdfium2
import pytest
import zxingcpp
from PIL import ImageFilter

from signaling.printing.sheet import Sticker, sheets

pytestmark = pytest.mark.unit


def sticker(number: int, **words: str) -> Sticker:
    code = f"7K3MPX{number:04}"
    made: Sticker = {
        "address": f"https://passline.baiwei.example/q/{code}",
        "code": f"{code[:5]}-{code[5:]}",
        "name": "双缸炸炉",
        "second": "Twin fryer",
        "kind": "Henny Penny OFE-322",
        "place": "0117 静安寺店",
        "hint": "扫码求助 Scan for help",
    }
    made.update(words)  # type: ignore[typeddict-item]  # the names of its fields
    return made


def page_of(printed: bytes, number: int = 0) -> pypdfium2.PdfPage:
    return pypdfium2.PdfDocument(printed)[number]


def test_twenty_four_are_on_a_sheet_of_a4_and_the_next_one_on_another() -> None:
    printed = sheets([sticker(number) for number in range(25)])
    assert len(pypdfium2.PdfDocument(printed)) == 2
    first, last = page_of(printed), page_of(printed, 1)
    assert [round(side / 72 * 25.4) for side in first.get_size()] == [210, 297]
    read = {code.text[-4:] for code in zxingcpp.read_barcodes(first.render(scale=2).to_pil())}
    assert read == {f"{number:04}" for number in range(24)}
    assert [code.text[-4:] for code in zxingcpp.read_barcodes(last.render(scale=2).to_pil())] == ["0024"]


def test_a_square_is_read_though_a_thumb_of_grease_is_on_it() -> None:
    picture = page_of(sheets([sticker(1)])).render(scale=4).to_pil().convert("L")
    [code] = zxingcpp.read_barcodes(picture)
    corner = code.position.bottom_right
    side = (corner.x - code.position.top_left.x) // 4
    for x in range(corner.x - side, corner.x):
        for y in range(corner.y - side, corner.y):
            picture.putpixel((x, y), 90)
    blurred = picture.filter(ImageFilter.GaussianBlur(2))
    assert [one.text for one in zxingcpp.read_barcodes(blurred)] == [code.text]


def test_name_machine_store_and_code_can_be_read_in_chinese_too() -> None:
    text = page_of(sheets([sticker(7)])).get_textpage().get_text_bounded()
    for words in ("双缸炸炉", "Twin fryer", "Henny Penny OFE-322", "0117 静安寺店", "7K3MP-X0007", "扫码求助"):
        assert words in text


HOSTILE = "(\\)) Tj ET /F1 <b>&amp;</b> =1+1\x00\x1b\u202e\r\n\U0001f35f"


def test_what_people_wrote_is_never_more_than_letters() -> None:
    names = dict.fromkeys(("name", "second", "kind", "place"), HOSTILE)
    printed = sheets([sticker(1, **names), sticker(2)])
    page = page_of(printed)
    assert len(zxingcpp.read_barcodes(page.render(scale=2).to_pil())) == 2
    text = page.get_textpage().get_text_bounded()
    assert "(\\)) Tj ET" in text
    assert "7K3MP-X0002" in text, "what comes after it is there"
    assert not set(text) & set("\x00\x1b\u202e")
    assert b"/JavaScript" not in printed
    assert b"/URI" not in printed


@pytest.mark.parametrize("name", ["一台三门立式冷藏冷冻转换展示柜" * 12, "W" * 200, "Combi oven " * 18, "", " "])
def test_a_long_name_is_cut_and_stays_on_its_sticker(name: str) -> None:
    printed = sheets([sticker(1, name=name), sticker(2)])
    page = page_of(printed).get_textpage()
    text = page.get_text_bounded(right=70 / 25.4 * 72)
    assert text.count("Twin fryer") == 1
    assert len(text) < 200
    assert "7K3MP-X0002" in page.get_text_bounded(left=70 / 25.4 * 72)


def test_the_same_stickers_make_the_same_bytes() -> None:
    assert sheets([sticker(1)]) == sheets([sticker(1)])
