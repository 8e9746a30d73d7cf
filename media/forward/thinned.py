"""One publication without its upper temporal layers, for all slots that cannot have them."""

from typing import Protocol

from media.plane.base import Targets
from media.rtp.base_layer import BaseLayer
from media.rtp.cache import MediaPacket, PacketCache
from media.rtp.rewrite import Newest


class Changing(Protocol):
    """A slot that shall have more or less of a publication than it has."""

    def change(self, media: MediaPacket, kept: MediaPacket | None) -> bool:
        """`media` follows on what was there before, without a hole; `kept` is what is left of it here. Returns whether
        the change could be made with it."""


class Thinned:
    """To a slot it is a source like its publication: number, targets, a newest packet, what may be asked for again."""

    def __init__(self, number: int) -> None:
        """`number` is unique in the room; made with the first wish, it goes on as long as its publication."""
        self.number = number
        self._cache = PacketCache()
        self.newest: Newest | None = None
        self.targets = Targets()
        self.changing: list[Changing] = []
        self._packets = self._octets = 0
        self._base = BaseLayer()

    @property
    def sent(self) -> tuple[int, int]:
        """Packets and payload bytes so far."""
        return self._packets, self._octets

    def kept(self, sequence: int) -> MediaPacket | None:
        """A packet that may be asked for again, if it is still here."""
        return self._cache.get(sequence)

    def take(self, media: MediaPacket, newest: Newest | None) -> MediaPacket | None:
        """What goes to `targets` of a packet that comes after `newest`; slots change with it if they can."""
        before = self._base.position
        kept = self._base.take(media)
        if kept is not None:
            self._cache.put(kept)
            self._packets += 1
            self._octets += len(kept.payload)
        if self.changing:
            follows = newest is not None and media.sequence == newest.packet.sequence + 1
            # A number that is kept free at the end would be given twice.
            if follows and (self.newest is None or self.newest.packet.sequence == before):
                self.changing = [slot for slot in self.changing if not slot.change(media, kept)]
        return kept

    def passed(self, kept: MediaPacket, now: float) -> None:
        """It went to all who may have it now."""
        if self.newest is None or kept.sequence > self.newest.packet.sequence:
            if self.newest is not None and not kept.payload:
                # An empty one is of no picture: only the numbers of packets go on.
                kept = self.newest.packet._replace(sequence=kept.sequence)
            self.newest = Newest(kept, now)
