"""The slots that get the sound of one publication together with some of what went before."""

from collections.abc import Callable

from media.plane.base import Target, Targets
from media.rtp.cache import MediaPacket
from media.rtp.red import pack_red
from media.rtp.redundancy import EARLIER

Form = tuple[int, int]
"""How their packets are put together: the receiver's payload type of Opus, and how many of EARLIER come along."""

Kept = Callable[[int], MediaPacket | None]
"""Finds a packet that its publication remembers."""


class Redundant:
    """True while there are any. Earlier sound is taken out of what the publication keeps: nothing is queued, and what
    came late, or was asked for again, still comes along."""

    def __init__(self) -> None:
        self._targets: dict[Form, Targets] = {}

    def __bool__(self) -> bool:
        return bool(self._targets)

    def add(self, form: Form, target: Target) -> None:
        """`target` gets every packet in this form from now on."""
        self._targets[form] = Targets([*self._targets.get(form, ()), target])

    def remove(self, form: Form, target: Target) -> None:
        """Not any more."""
        left = Targets(other for other in self._targets.pop(form, ()) if other is not target)
        if left:
            self._targets[form] = left

    def send(self, packet: MediaPacket, kept: Kept, forward: Callable[[MediaPacket, Targets], None]) -> int:
        """Send `packet` to each of them in its form, with what is `kept` of before; how many went out."""
        for (payload_type, earlier), targets in self._targets.items():
            forward(packet._replace(payload=_together(packet, kept, payload_type, earlier)), targets)
        return sum(map(len, self._targets.values()))


def _together(packet: MediaPacket, kept: Kept, payload_type: int, earlier: int) -> bytes:
    if not packet.payload:
        return b""  # padding
    before = (kept(packet.sequence - distance) for distance in reversed(EARLIER[:earlier]))
    return pack_red(
        payload_type,
        packet.payload,
        [((packet.timestamp_ticks - one.timestamp_ticks) & 0xFFFFFFFF, one.payload) for one in before if one],
    )
