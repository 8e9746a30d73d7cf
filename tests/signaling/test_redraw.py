"""Photos: whatever is sent, what is kept is a plain picture, drawn anew where a bomb hurts nobody."""

import asyncio
import io
import time

import pytest
from PIL import Image, ImageDraw

from contract.errors import ErrorCode, Rejection, Unavailable
from signaling.domain.jpeg import size_px
from signaling.live.redraw import Redraw
from tests.support.promise import Promise

pytestmark = pytest.mark.flow

ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F
OUTSIDE = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\xff\xff\xff\xff" * 900
"""EXIF with 65 535 entries that point far behind its end."""


def jpeg(picture: Image.Image, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", **how)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 40).convert("RGB")


def with_exif(orientation: int = 1) -> bytes:
    """120 × 80, red on the left; says where it was taken."""
    picture = Image.new("RGB", (120, 80), (20, 20, 20))
    ImageDraw.Draw(picture).rectangle((0, 0, 30, 80), fill=(250, 0, 0))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKE] = "Secret Camera Works"
    exif[GPS] = {1: "N", 2: (31.0, 13.0, 30.0), 3: "E", 4: (121.0, 28.0, 12.0)}
    return jpeg(picture, exif=exif, quality=95, comment=b"<script>alert(1)</script>")


def segments(data: bytes, marker: int, body: bytes, times: int) -> bytes:
    """`data` with that segment put in `times` after its start."""
    return data[:2] + (bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body) * times + data[2:]


def claiming(data: bytes, width: int, height: int) -> bytes:
    """`data` whose frame header says another size."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


async def test_what_a_camera_adds_to_a_picture_is_gone_and_the_picture_stays() -> None:
    kept = await Redraw().jpeg(with_exif())
    picture = Image.open(io.BytesIO(kept))
    assert picture.size == (120, 80)
    assert not picture.getexif()
    assert not set(picture.info) & {"comment", "exif", "icc_profile", "xmp"}
    for secret in (b"Secret", b"script", b"Exif"):
        assert secret not in kept
    red, dark = picture.getpixel((10, 40)), picture.getpixel((100, 40))
    assert isinstance(red, tuple)
    assert isinstance(dark, tuple)
    assert red[0] > 220
    assert dark[0] < 40


async def test_a_picture_is_turned_upright() -> None:
    turned = Image.open(io.BytesIO(await Redraw().jpeg(with_exif(orientation=6))))  # its right side is up
    assert turned.size == (80, 120)
    top = turned.getpixel((40, 5))
    assert isinstance(top, tuple)
    assert top[0] > 220, "what was left is now above"


async def test_grey_and_printing_colours_are_understood() -> None:
    for mode in ("L", "CMYK"):
        kept = Image.open(io.BytesIO(await Redraw().jpeg(jpeg(Image.new(mode, (64, 48))))))
        assert kept.size == (64, 48)
        assert kept.mode in ("L", "RGB")


async def test_a_page_hidden_in_a_picture_is_gone() -> None:
    page = b"<html><script>alert(document.domain)</script></html>"
    picture = jpeg(noise(64, 64))
    for polyglot in (picture + page, segments(picture, 0xFE, page, 3), segments(picture, 0xE5, page, 3)):
        kept = await Redraw().jpeg(polyglot)
        assert b"<script" not in kept
        assert kept.startswith(b"\xff\xd8")
        assert kept.endswith(b"\xff\xd9")


@pytest.mark.parametrize(
    "picture",
    [
        claiming(jpeg(noise(64, 64)), 50_000, 50_000),
        claiming(jpeg(noise(64, 64)), 6_400, 6_400),
        claiming(jpeg(noise(64, 64)), 6_000, 6_000),
        jpeg(noise(640, 480))[:20_000],
        jpeg(noise(640, 480))[:-400],
        segments(jpeg(noise(64, 64)), 0xE1, b"Exif\0\0" + b"\xff" * 65_000, 15),
        segments(
            jpeg(noise(64, 64)), 0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\xff\xff\xff\xff" * 900, 1
        ),
        jpeg(noise(64, 64))[:180] + b"\xff\xc4\x00\x03\x00" * 50,
        b"<!doctype html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"GIF89a",
        b"",
    ],
    ids=[
        "50k x 50k",
        "just too many pixels",
        "more pixels than data",
        "cut short",
        "cut at the end",
        "a megabyte of garbage EXIF",
        "EXIF that points outside",
        "broken tables",
        "html",
        "png",
        "gif",
        "nothing",
    ],
)
async def test_a_hostile_picture_is_refused_or_made_harmless(picture: bytes) -> None:
    started = time.monotonic()
    [outcome] = await asyncio.gather(Redraw().jpeg(picture), return_exceptions=True)
    if isinstance(outcome, bytes):
        assert size_px(outcome) in ((64, 64), (6_000, 6_000)), "missing pixels are grey"
        assert len(outcome) < 1_000_000
    else:
        assert isinstance(outcome, Rejection)
        assert outcome.code is ErrorCode.BAD_PICTURE
    assert time.monotonic() - started < 30


async def test_the_largest_picture_that_has_to_be_turned_fits_into_the_limits() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 8
    largest = jpeg(Image.new("RGB", (8_000, 5_000), (9, 90, 200)), progressive=True, exif=exif, subsampling=0)
    assert size_px(await Redraw().jpeg(largest)) == (5_000, 8_000)


@pytest.mark.promise("photos")
async def test_a_photo_of_twelve_megapixels_takes_less_than_a_second_and_stops_nobody(promise: Promise) -> None:
    photo = jpeg(noise(4_000, 3_000), quality=92)
    stalls: list[float] = []

    async def beat() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            stalls.append(time.monotonic() - before - 0.01)

    for _ in promise.rounds():
        stalls.clear()
        async with asyncio.TaskGroup() as tasks:
            beating = tasks.create_task(beat())
            started = time.monotonic()
            kept = await Redraw().jpeg(photo)
            took_s = time.monotonic() - started
            beating.cancel()
        assert size_px(kept) == (4_000, 3_000), "full resolution stays"
        promise.measured("12 MP photo drawn anew", took_s, limit=1.0, unit="s")
        promise.measured("longest stall of the loop beside it", max(stalls), limit=0.1, unit="s")


async def test_who_takes_too_long_is_ended_and_too_many_are_busy() -> None:
    redraw = Redraw(at_once=1, waiting=1, timeout_s=0.01)
    photo = jpeg(noise(2_000, 1_500))
    outcomes = await asyncio.gather(*(redraw.jpeg(photo) for _ in range(3)), return_exceptions=True)
    codes = [outcome.code for outcome in outcomes if isinstance(outcome, Rejection | Unavailable)]
    assert codes == [ErrorCode.BAD_PICTURE, ErrorCode.BAD_PICTURE, ErrorCode.BUSY]
    assert size_px(await Redraw().jpeg(photo)) == (2_000, 1_500)
