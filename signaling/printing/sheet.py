"""Sets stickers on sheets of A4 and nothing else: JSON on stdin, a PDF on stdout.

A script of its own, started by signaling.printing.press: hundreds of squares are seconds of Python, in which no call
may wait for signaling. Every word comes from people, so it is drawn letter by letter and never read as markup.

Three by eight labels of 70 × 37 mm, as they are sold; on plain paper the marks at the corners say where to cut. Letters
of Chinese are set in STSong-Light, a font that every reader of PDF brings, so that none needs to be embedded
(docs/decisions/0039-stickers-without-a-font.md).
"""

import io
import json
import sys
from itertools import groupby, product
from typing import TypedDict

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from runtime.priority import give_way

COLUMNS, ROWS = 3, 8
WIDTH, HEIGHT = 70 * mm, 37 * mm
EDGE = 4 * mm
"""Printers leave so much of a page white."""
SQUARE = 29 * mm
QUIET = 4
"""Modules of white around a square, ISO/IEC 18004 §5.3.8."""
TEXT_X = EDGE + SQUARE + 1 * mm
TEXT_WIDTH = WIDTH - TEXT_X - EDGE / 2
MARK = 1.5 * mm
CHINESE, LATIN, LATIN_BOLD, FIXED = "STSong-Light", "Helvetica", "Helvetica-Bold", "Courier-Bold"
NICENESS = 5
"""Calls on the same cores come first."""


class Sticker(TypedDict):
    """What is on one, as the press hands it over."""

    address: str
    """In the square."""
    code: str
    """The same for fingers."""
    name: str
    second: str
    """The name in the other language; empty if it has none."""
    kind: str
    """Make and model."""
    place: str
    hint: str
    """What to do with it."""


def sheets(stickers: list[Sticker]) -> bytes:
    """The PDF, of as many pages as it takes; the same stickers make the same bytes."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("Passline")
    left, top = (A4[0] - COLUMNS * WIDTH) / 2, A4[1] - (A4[1] - ROWS * HEIGHT) / 2
    for page in _batched(stickers, COLUMNS * ROWS):
        _marks(canvas, left, top)
        for at, sticker in enumerate(page):
            row, column = divmod(at, COLUMNS)
            canvas.saveState()
            canvas.translate(left + column * WIDTH, top - (row + 1) * HEIGHT)
            _sticker(canvas, sticker)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _batched(stickers: list[Sticker], size: int) -> list[list[Sticker]]:
    return [stickers[at : at + size] for at in range(0, len(stickers), size)]


def _marks(canvas: Canvas, left: float, top: float) -> None:
    canvas.setLineWidth(0.25)
    canvas.setStrokeGray(0.7)
    for column, row in product(range(COLUMNS + 1), range(ROWS + 1)):
        x, y = left + column * WIDTH, top - row * HEIGHT
        canvas.line(x - MARK, y, x + MARK, y)
        canvas.line(x, y - MARK, x, y + MARK)


def _sticker(canvas: Canvas, sticker: Sticker) -> None:
    """With the origin in its lower left corner."""
    _square(canvas, sticker["address"], EDGE, (HEIGHT - SQUARE) / 2)
    canvas.setFillGray(0)
    y = HEIGHT - EDGE - 11
    for line in _wrapped(sticker["name"], 11, lines=2):
        _line(canvas, line, y, 11, bold=True)
        y -= 13
    for text in (sticker["second"], sticker["kind"], sticker["place"]):
        if text:
            _line(canvas, _cut(text, 7), y, 7)
            y -= 9
    canvas.setFont(FIXED, 11)
    canvas.drawString(TEXT_X, EDGE + 9, sticker["code"])
    _line(canvas, _cut(sticker["hint"], 6.5), EDGE, 6.5)


def _square(canvas: Canvas, address: str, x: float, y: float) -> None:
    """Error correction Q: a quarter of it may be grease."""
    modules = segno.make(address, micro=False, error="q", boost_error=False).matrix
    side = SQUARE / (len(modules) + 2 * QUIET)
    path = canvas.beginPath()
    for row, line in enumerate(modules):
        at = 0
        for dark, run in groupby(line):
            length = len(list(run))
            if dark:
                path.rect(x + (QUIET + at) * side, y + SQUARE - (QUIET + row + 1) * side, length * side, side)
            at += length
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)


def _line(canvas: Canvas, text: str, y: float, size: float, *, bold: bool = False) -> None:
    x = TEXT_X
    for font, run in _runs(text, bold=bold):
        canvas.setFont(font, size)
        canvas.drawString(x, y, run)
        x += pdfmetrics.stringWidth(run, font, size)


def _runs(text: str, *, bold: bool = False) -> list[tuple[str, str]]:
    """Parts that one font has."""
    latin = LATIN_BOLD if bold else LATIN
    return [
        (font, "".join(run)) for font, run in groupby(_drawable(text), lambda one: latin if one < "\u0100" else CHINESE)
    ]


def _drawable(text: str) -> str:
    """Without what moves the pen or turns the line round; what the font cannot have is a bar of its own."""
    return "".join("\u3013" if one > "\uffff" else one for one in text if one.isprintable())


def _width(text: str, size: float) -> float:
    return sum(pdfmetrics.stringWidth(run, font, size) for font, run in _runs(text, bold=True))


def _cut(text: str, size: float) -> str:
    """As much of it as fits into a line."""
    if _width(text, size) <= TEXT_WIDTH:
        return text
    while text and _width(text + "…", size) > TEXT_WIDTH:
        text = text[:-1]
    return text + "…"


def _wrapped(text: str, size: float, *, lines: int) -> list[str]:
    """Broken where a line is full, between words of Latin letters if it can be; the last line is cut."""
    found: list[str] = []
    while len(found) < lines - 1 and _width(text, size) > TEXT_WIDTH:
        fits = max(1, next(at for at in range(len(text), 0, -1) if _width(text[:at], size) <= TEXT_WIDTH or at == 1))
        space = text.rfind(" ", 0, fits + 1)
        at = space if space > 0 else fits
        found.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*found, _cut(text, size)]


def main() -> int:
    """The exit status."""
    give_way(NICENESS)
    sys.stdout.buffer.write(sheets(json.load(sys.stdin)))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
