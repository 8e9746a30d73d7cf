"""What media is called everywhere: sources, codecs, slots, grants."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import Message


class Source(StrEnum):
    """Where a track comes from; also the order of the send sections of every offer."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"
    SCREEN_SOUND = "screen_sound"


SEND_SECTIONS: tuple[tuple[str, Source], ...] = (
    ("audio", Source.MICROPHONE),
    ("video", Source.CAMERA),
    ("video", Source.SCREEN),
    ("audio", Source.SCREEN_SOUND),
)
"""The first four m-lines of every offer, all `sendonly`: media kind and what it carries."""


class MediaUse(StrEnum):
    """What somebody does who has media in a room and nothing else: a client of WHIP or WHEP."""

    PUBLISH = "publish"
    WATCH = "watch"


class Codec(StrEnum):
    OPUS = "opus"
    VP8 = "vp8"
    H264 = "h264"
    VP9 = "vp9"
    AV1 = "av1"


class Layer(StrEnum):
    """One of the sizes in which a camera is sent at once (simulcast), smallest first. Named by its `rid` (RFC 8851)."""

    QUARTER = "q"
    HALF = "h"
    FULL = "f"


SHRUNK: dict[Layer, int] = {Layer.QUARTER: 4, Layer.HALF: 2, Layer.FULL: 1}
"""By how much each side of the picture is smaller than the camera's."""
LAYER_BPS: dict[Layer, int] = {Layer.QUARTER: 150_000, Layer.HALF: 500_000, Layer.FULL: 2_000_000}
"""What a client sends of each at most."""


class Layout(Message):
    """How many receive slots an offer has, after its send sections and in this order:
    `stage` pairs (audio then video), `floor` audios, then the data channel."""

    stage: Annotated[int, Field(ge=0, le=9)]
    floor: Annotated[int, Field(ge=0, le=6)]


TABLET = Layout(stage=2, floor=3)
DESKTOP = Layout(stage=4, floor=3)
TRAINER_DESK = Layout(stage=9, floor=3)


class Grants(Message):
    """What one participant may do in a room's media. Media checks these and knows nothing of people."""

    publish: bool
    """Its tracks are forwarded. While False they arrive and are dropped (a ringing store's)."""
    subscribe: bool
    """Its slots are filled."""
    record: bool
    """Its tracks go to the tap; only after consent."""
