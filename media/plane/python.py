"""The reference fan-out in Python: a struct, a concatenation and a call per target."""

import socket
import struct
from collections import Counter
from collections.abc import Callable

from media.plane.base import MOST_DATAGRAM_BYTES, Address, OnPacket, OnReport, Plaintext, Take, Target, Targets
from media.rtp.cache import MediaPacket
from media.rtp.numbering import Numbering, Row
from media.rtp.rewrite import rewrite_picture
from runtime import clock

_pack = struct.Struct("!BBHII").pack


class PythonPlane:
    """Nothing is kept between packets; all that can be prepared is in the targets."""

    name = "python"

    def __init__(self, *, now: Callable[[], float] = clock.now) -> None:
        """`now` is the time by which packets leave, monotonic s."""
        self.dropped: Counter[str] = Counter()
        self._now = now

    def receive(
        self,
        source: socket.socket,
        most: int,
        now: float,
        take: Take,
        plaintext: Plaintext,  # noqa: ARG002 - as Plane
    ) -> int:
        """All go to `take`."""
        receive = source.recvfrom
        for taken in range(most):
            try:
                data, address = receive(MOST_DATAGRAM_BYTES)
            except BlockingIOError:
                return taken
            except OSError:
                self.dropped["receive_failed"] += 1
                return taken
            take(data, address, now)
        return most

    def watch(self, source: socket.socket) -> None:
        """It never waits."""

    def unwatch(self, source: socket.socket) -> None:
        """So it watches nothing."""

    def forward(self, packet: MediaPacket, targets: Targets) -> None:
        """Sends at once, by each target's `send`."""
        number, ticks, marker, payload, _ = packet
        for (
            send,
            first_byte,
            payload_type,
            ssrc,
            extensions,
            first,
            sequence,
            moved_ticks,
            moved,
            _handle,
            numbering,
            numbered_at,
        ) in targets:
            if number < first:
                continue
            if numbering is not None:
                wide = numbering.take(12 + len(extensions) + len(payload)).to_bytes(2)
                extensions = extensions[:numbered_at] + wide + extensions[numbered_at + 2 :]
            send(
                _pack(
                    first_byte,
                    marker | payload_type,
                    (number + sequence) & 0xFFFF,
                    (ticks + moved_ticks) & 0xFFFFFFFF,
                    ssrc,
                )
                + extensions
                + (payload if moved is None else rewrite_picture(packet, moved))
            )

    def flush(self) -> bool:
        """Nothing ever waits."""
        return False

    def open(self, session: int, reading: int = 0) -> int:  # noqa: ARG002 - as Plane
        """No handles: legs protect and send for themselves."""
        return 0

    def number(self, handle: int) -> Numbering:  # noqa: ARG002 - as Plane
        """A row of numbers."""
        return Row(self._now)

    def aim(self, handle: int, fd: int | None, address: Address | None) -> None:
        """Nothing to aim."""

    def close(self, handle: int) -> None:
        """Nothing to close."""

    def lane(self, handle: int, ssrc: int, on_packet: OnPacket) -> None:
        """No lanes: every packet comes to Python."""

    def hear(self, handle: int, on_report: OnReport, on_rtcp: OnPacket) -> None:
        """All RTCP comes to Python at once."""

    def report(self) -> None:
        """So nothing waits."""

    def taken(self, handle: int) -> tuple[int, int]:  # noqa: ARG002 - as Plane
        """So they took nothing."""
        return 0, 0

    def allow(self, handle: int, packets: int, size_bytes: int) -> None:
        """Nothing to allow."""

    def heard(self, handle: int) -> float:  # noqa: ARG002 - as Plane
        """Nothing was heard without Python."""
        return 0.0


def packet_bytes(target: Target, packet: MediaPacket) -> bytes:
    """What `target` gets, or got, of `packet`: for repeats."""
    out: list[bytes] = []
    PythonPlane().forward(packet, Targets([target._replace(send=out.append, first=packet.sequence)]))
    return out[0]
