"""The size of a JPEG picture, read from its headers without decoding it (ITU-T T.81 Annex B)."""

import re

_SOI = b"\xff\xd8"
_FILL = re.compile(rb"\xff+")
"""Fill bytes, B.1.1.2: any number; twelve megabytes of them in a loop of ours would stop signaling for seconds."""
_SIZELESS = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length: TEM and restart markers."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start of frame, whatever the coding; not the Huffman tables, JPG extension or arithmetic conditioning."""
_SCAN, _END = 0xDA, 0xD9
MAX_SEGMENTS = 1_000
MAX_PIXELS = 40_000_000
"""More than a store's camera has; decoded they take 160 MB."""


def size_px(data: bytes) -> tuple[int, int]:
    """(width, height). Raises ValueError saying what is wrong; looks at 1 000 segments at most."""
    if data[:2] != _SOI:
        raise ValueError("no start of image")
    at = 2
    for _ in range(MAX_SEGMENTS):
        if (fill := _FILL.match(data, at)) is not None:
            at = fill.end() - 1  # its last byte begins the marker
        if len(data) < at + 2 or data[at] != 0xFF:
            raise ValueError(f"no marker at byte {at}")
        marker = data[at + 1]
        at += 2
        if marker in _SIZELESS:
            continue
        if marker in (_SCAN, _END):
            raise ValueError("no frame before the scan")
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or len(data) < at + length:
            raise ValueError(f"segment at byte {at} is truncated")
        if marker in _FRAMES:
            return _frame(data[at : at + length])
        at += length
    raise ValueError("too many segments")


def _frame(segment: bytes) -> tuple[int, int]:
    if len(segment) < 8:
        raise ValueError("the frame header is truncated")
    height, width = int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[5:7], "big")
    if not width or not height or width * height > MAX_PIXELS:
        raise ValueError(f"{width}x{height} pixels")
    return width, height
