"""What the payload descriptors of VP8 and VP9 say, both in the same words."""

from typing import NamedTuple


class Descriptor(NamedTuple):
    """What a forwarder and a depacketizer need of one payload; offsets count from the payload's first byte."""

    starts_keyframe: bool
    starts_frame: bool
    data_at: int
    picture_id_at: int
    """0 if there is none."""
    picture_id_bits: int
    """7, 15, or 0 if there is none."""
    picture_id: int
    tl0_at: int
    """Where TL0PICIDX is, 0 if there is none."""
    tl0: int
    temporal: int
    """Number of the temporal layer, 0 of the base and where it is not told."""
    synced: bool
    """Of an upper layer: it needs nothing but the newest frame of the base layer."""
