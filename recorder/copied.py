"""What the child that copies says of a part: between it, which loads FFmpeg and little else, and the recorder, which
loads no FFmpeg."""

from typing import TypedDict


class Result(TypedDict):
    """What the part holds; a part without packets is not written and has a duration of 0."""

    packets: int
    duration_s: float
    has_video: bool
    has_audio: bool
    width_px: int
    height_px: int
    picture: str
    """Its codec as RFC 6381 names it; empty if there is none."""
    size_bytes: int
    sha256: str
