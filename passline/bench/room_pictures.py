"""Pictures that nobody decodes: as large as an encoder makes them in each layer, with all that a forwarder reads.

The last byte of every payload tells its layer.
"""

from random import Random

from contract.media import LAYER_BPS, SHRUNK, Layer

FRAME_RATE_HZ = 30
PAYLOAD_BYTES = 1100
WIDTH_PX, HEIGHT_PX = 1280, 720
KEYFRAME = 5.0
"""How many times as large as another picture."""
UNEVEN = 0.3
"""So much larger or smaller than the average one picture is."""
LAYERS = tuple(Layer)


class Pictures:
    """One layer's; `next` gives the payloads of one picture."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._bytes = LAYER_BPS[layer] / FRAME_RATE_HZ / 8
        self._random = Random(LAYERS.index(layer))
        self._number = 0

    def next(self, *, key: bool) -> list[bytes]:
        """RFC 7741: extended descriptor with a 15-bit picture id, then the frame tag of RFC 6386 §9.1 and zeros."""
        size = round(self._bytes * (KEYFRAME if key else self._random.uniform(1 - UNEVEN, 1 + UNEVEN)))
        shrunk = SHRUNK[self._layer]
        pixels = (WIDTH_PX // shrunk).to_bytes(2, "little") + (HEIGHT_PX // shrunk).to_bytes(2, "little")
        frame = (b"\x10\x00\x00\x9d\x01\x2a" + pixels if key else b"\x11\x00\x00") + bytes(size)
        self._number = (self._number + 1) & 0x7FFF
        picture = bytes((0x80, 0x80 | self._number >> 8, self._number & 0xFF))
        return [
            bytes([0x80 if at else 0x90])
            + picture
            + frame[at : at + PAYLOAD_BYTES]
            + bytes([LAYERS.index(self._layer)])
            for at in range(0, len(frame), PAYLOAD_BYTES)
        ]


def layer_of(payload: bytes) -> Layer:
    """Of which layer a payload is."""
    return LAYERS[payload[-1]]
