"""Redundant audio (RFC 2198): a packet that carries, before its own sound, that of some packets before it."""

from collections.abc import Sequence
from typing import NamedTuple

MOST_BEHIND_TICKS = (1 << 14) - 1
"""A third of a second of Opus; what lies further behind cannot be told."""
MOST_BLOCK_BYTES = (1 << 10) - 1
MOST_BYTES = 1200
"""Of a whole payload: it must pass wherever a picture's packets do."""
_FOLLOWED = 0x80


class Block(NamedTuple):
    """The sound of one packet."""

    payload_type: int
    behind_ticks: int
    """How much earlier than the packet that it came in."""
    payload: bytes


def pack_red(payload_type: int, payload: bytes, earlier: Sequence[tuple[int, bytes]]) -> bytes:
    """The payload of a packet that carries `payload` and, as far as they fit, `earlier` ones with how many ticks they
    lie behind, the furthest first. All are of `payload_type`."""
    heads, bodies = [], []
    size = 1 + len(payload)
    for behind_ticks, body in earlier:
        fits = 0 < behind_ticks <= MOST_BEHIND_TICKS and 0 < len(body) <= MOST_BLOCK_BYTES
        if not fits or size + 4 + len(body) > MOST_BYTES:
            continue
        size += 4 + len(body)
        heads.append(((_FOLLOWED | payload_type) << 24 | behind_ticks << 10 | len(body)).to_bytes(4))
        bodies.append(body)
    return b"".join((*heads, bytes([payload_type]), *bodies, payload))


def unpack_red(payload: bytes) -> list[Block]:
    """What a packet carries, its own sound last. Raises ValueError naming the block and the length."""
    heads: list[tuple[int, int, int]] = []
    at = 0
    while at < len(payload) and payload[at] & _FOLLOWED:
        if at + 4 > len(payload):
            raise ValueError(f"RED header {len(heads)}: {len(payload)} bytes, need {at + 4}")
        word = int.from_bytes(payload[at : at + 4])
        heads.append((word >> 24 & 0x7F, word >> 10 & MOST_BEHIND_TICKS, word & MOST_BLOCK_BYTES))
        at += 4
    if at >= len(payload):
        raise ValueError(f"RED header of the packet's own sound: {len(payload)} bytes, need {at + 1}")
    own_type = payload[at]
    at += 1
    blocks = []
    for number, (payload_type, behind_ticks, size_bytes) in enumerate(heads):
        if at + size_bytes > len(payload):
            raise ValueError(f"RED block {number}: {len(payload)} bytes, need {at + size_bytes}")
        blocks.append(Block(payload_type, behind_ticks, payload[at : at + size_bytes]))
        at += size_bytes
    return [*blocks, Block(own_type, 0, payload[at:])]
