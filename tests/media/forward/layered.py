"""Clients that send their camera in layers, and links that are as narrow as they say."""

from random import Random
from typing import Any

from contract.data import ServerData, UseLayers
from contract.ids import LegId
from contract.media import Layer, Source
from media.rtp.clock import ntp_from_wall
from media.rtp.rtcp import SenderReport, pack_rtcp
from tests.media.forward.client import Client, Sent, sections
from tests.media.forward.world import World

LAYERS = tuple(Layer)
SHAPE = {Layer.QUARTER: (1, 480), Layer.HALF: (3, 580), Layer.FULL: (7, 1080)}
"""Packets of a frame and bytes of each: about 120, 430 and 1850 kbit/s at 30 frames a second."""
LAYER_BPS = {layer: parts * size * 8 * 30 for layer, (parts, size) in SHAPE.items()}


class LayeredClient(Client):
    """Each picture is tagged `name/rid`, so that a viewer knows in which layer it came."""

    def __init__(self, world: World, name: str, leg: LegId, *args: Any, **kwargs: Any) -> None:
        super().__init__(world, name, leg, *args, **kwargs)
        random = Random(f"{name} layers")
        camera = self.sent[Source.CAMERA]
        self.layers = {
            layer: Sent(
                camera.section,
                random.getrandbits(31) + 1,
                random.choice([65_500, random.getrandbits(16)]),
                random.choice([2**32 - 5_000, random.getrandbits(32)]),
                random.choice([32_760, random.getrandbits(15)]),
                rid=layer,
            )
            for layer in LAYERS
        }
        self.active = {Layer.FULL}
        self.able = set(LAYERS)
        """What its encoder can do."""

    def tracks(self) -> list[Sent]:
        return [*super().tracks(), *self.layers.values()]

    def send_data(self, message: ServerData) -> None:
        super().send_data(message)
        if isinstance(message, UseLayers):
            self.world.post(self.world.now + self.down.delay_s, lambda: self._use(set(message.layers)))

    def _use(self, layers: set[Layer]) -> None:
        for layer in layers - self.active:
            self.layers[layer].key_wanted = True
        self.active = layers

    def picture(self, source: Source = Source.CAMERA, *, parts: int = 4) -> None:
        if source is not Source.CAMERA:
            super().picture(source, parts=parts)
            return
        for layer, track in self.layers.items():
            parts, size_bytes = SHAPE[layer]
            if layer in self.active & self.able:
                self.frame(track, f"{self.participant}/{layer}", parts=parts, padding_bytes=size_bytes)
            else:
                track.ticks += 3000

    def report(self, source: Source) -> None:
        super().report(source)
        if source is Source.CAMERA:
            ntp = ntp_from_wall(self.world.wall_ns)
            for track in self.layers.values():
                self.rtcp(pack_rtcp(SenderReport(track.ssrc, ntp, track.ticks & 0xFFFFFFFF, 0, 0)))

    def used(self) -> list[list[Layer]]:
        """What it was told to send, in order."""
        return [message.layers for message in self.told if isinstance(message, UseLayers)]


def join(world: World, name: str, **options: Any) -> LayeredClient:
    """With simulcast, `stage` pairs and one floor sound; unless `numbered` is False, its link is measured.
    With `h264`, `vp9` or `av1` it can decode that too."""
    parts = sections(
        first_ssrc=1000 * (len(world.clients) + 1),
        stage=options.pop("stage", 2),
        layers=LAYERS,
        numbered=options.pop("numbered", True),
        h264=options.pop("h264", False),
        vp9=options.pop("vp9", False),
        av1=options.pop("av1", False),
    )
    client = world.join(name, kind=LayeredClient, parts=parts, **options)
    assert isinstance(client, LayeredClient)
    return client
