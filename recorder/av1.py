"""The sequence header of an AV1 stream (AV1 bitstream specification §5.5), and what a file says of it."""

from typing import NamedTuple

from recorder.bits import Bits

_SEQUENCE_HEADER = 1
_CHOSEN_BY_PICTURE = 2
_SRGB = (1, 13, 0)
"""Primaries, transfer and matrix that mean RGB."""


class Stream(NamedTuple):
    """What must be known before the first picture."""

    width_px: int
    height_px: int
    profile: int
    level: int
    tier: int
    colour: int
    """Seven bits, as `av1C` has them: high bit depth, twelve bits, no colour, subsampling across and down; two for
    where the samples of colour lie."""


def sequence_header(unit: bytes) -> bytes:
    """The whole OBU out of a picture in low-overhead format. Raises ValueError if there is none."""
    at = 0
    while at < len(unit):
        begin, first = at, unit[at]
        at += 2 if first & 0x04 else 1
        size, shift = 0, 0
        while True:
            if at >= len(unit) or shift > 21 or not first & 0x02:
                raise ValueError("OBU: no size")
            size |= (unit[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not unit[at - 1] & 0x80:
                break
        at += size
        if first >> 3 & 0x0F == _SEQUENCE_HEADER and at <= len(unit):
            return unit[begin:at]
    raise ValueError("OBU: no sequence header")


def configuration(header: bytes) -> bytes:
    """The `av1C` of a file (AV1 in ISO-BMFF §2.3.3; Matroska's CodecPrivate) for a sequence header OBU."""
    stream = read_stream(header)
    return bytes([0x81, stream.profile << 5 | stream.level, stream.tier << 7 | stream.colour, 0]) + header


def codec_name(configuration: bytes) -> str:
    """`av01.P.LLT.DD` (AV1 in ISO-BMFF §5) of an `av1C`. Raises ValueError if it is cut."""
    if len(configuration) < 3:
        raise ValueError(f"av1C: {len(configuration)} bytes, need 3")
    profile, level = configuration[1] >> 5, configuration[1] & 0x1F
    tier = "H" if configuration[2] & 0x80 else "M"
    depth = (8, 8, 10, 12)[configuration[2] >> 5 & 0x03]
    return f"av01.{profile}.{level:02d}{tier}.{depth:02d}"


def read_stream(header: bytes) -> Stream:
    """Of a sequence header OBU with a size. Raises ValueError if it is damaged."""
    body = 2 if header[0] & 0x04 else 1
    while body < len(header) and header[body] & 0x80:
        body += 1
    bits = Bits(header[body + 1 :])
    profile = bits.read(3)
    bits.read(1)
    still = bits.read(1)
    level, tier = (bits.read(5), 0) if still else _first_operating_point(bits)
    across, down = bits.read(4) + 1, bits.read(4) + 1
    width_px, height_px = bits.read(across) + 1, bits.read(down) + 1
    if not still and bits.read(1):
        bits.read(7)
    _skip_tools(bits, still=bool(still))
    return Stream(width_px, height_px, profile, level, tier, _colour(bits, profile))


def _first_operating_point(bits: Bits) -> tuple[int, int]:
    """Its level and tier; the first is what a decoder takes that is told nothing."""
    delay_bits = 0
    if bits.read(1):  # timing
        bits.read(64)
        if bits.read(1):
            bits.ue()
        if bits.read(1):  # decoder model
            delay_bits = bits.read(5) + 1
            bits.read(42)
    delays_told = bits.read(1)
    found: list[tuple[int, int]] = []
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        level = bits.read(5)
        tier = bits.read(1) if level > 7 else 0
        if delay_bits and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if delays_told and bits.read(1):
            bits.read(4)
        found.append((level, tier))
    return found[0]


def _skip_tools(bits: Bits, *, still: bool) -> None:
    bits.read(3)
    if not still:
        bits.read(4)
        ordered = bits.read(1)
        bits.read(2 * ordered)
        screen = _CHOSEN_BY_PICTURE if bits.read(1) else bits.read(1)
        if screen and not bits.read(1):
            bits.read(1)
        bits.read(3 * ordered)
    bits.read(3)


def _colour(bits: Bits, profile: int) -> int:
    high = bits.read(1)
    twelve = bits.read(1) if profile == 2 and high else 0
    mono = 0 if profile == 1 else bits.read(1)
    described = tuple(bits.read(8) for _ in range(3)) if bits.read(1) else None
    across, down, position = (1, 1, 0) if profile == 0 else (0, 0, 0)
    if mono:
        across, down = 1, 1
        bits.read(1)
    elif described != _SRGB:
        bits.read(1)
        if profile == 2:
            across = bits.read(1) if twelve else 1
            down = bits.read(1) if twelve and across else 0
        if across and down:
            position = bits.read(2)
    else:
        across = down = 0
    return high << 6 | twelve << 5 | mono << 4 | across << 3 | down << 2 | position
