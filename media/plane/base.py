"""What a per-packet fan-out is: one packet of a publication in, one packet per target out."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from media.rtp.cache import MediaPacket
from media.rtp.numbering import Numbering
from media.rtp.rewrite import Offsets

Address = tuple[str, int] | tuple[str, int, int, int]
"""Of a datagram socket as the system says it: host and port, with IPv6 flow label and scope too."""
PLAIN, EXTENDED = 0x80, 0x90
"""First byte of an RTP packet of version 2, without and with a header extension."""


class Target(NamedTuple):
    """One slot as the plane sees it: made when the slot switches, not per packet."""

    send: Callable[[bytes], None]
    """Protects and sends; must not raise."""
    first_byte: int
    payload_type: int
    ssrc: int
    extensions: bytes
    """The extension block that follows the fixed header; empty with PLAIN."""
    first: int
    """The four numbers of Offsets, flat, for speed."""
    sequence: int
    timestamp_ticks: int
    moved: Offsets | None
    """Given if the payload has a VP8 picture id that must be rewritten."""
    handle: int = 0
    """The leg's, from `Plane.open`; 0 if there is none and `send` is the only way."""
    numbering: Numbering | None = None
    """The leg's, from `Plane.number`, if its packets are numbered."""
    numbered_at: int = 0
    """Where in `extensions` the number goes; without a numbering not used."""


class Targets(list[Target]):
    """All targets of one publication: not changed, but made anew when a slot begins or leaves."""

    __slots__ = ("prepared",)

    def __init__(self, targets: Iterable[Target] = ()) -> None:
        super().__init__(targets)
        self.prepared: object = None
        """For the plane, which makes of them once what it needs for every packet."""


class Plane(Protocol):
    """A fan-out of one worker, used from its event loop only. All implementations pass the same tests.

    A leg may be given to it: `open` once it has keys, `aim` whenever its address changes, `close` before its SRTP
    session goes. A plane that gives no handles sends by each target's `send`.
    """

    name: str
    dropped: Counter[str]
    """Packets that did not leave, by the same kinds as the legs' own."""

    def forward(self, packet: MediaPacket, targets: Targets) -> None:
        """Send `packet` to every target that has begun; a target begins at its `first`. May wait for `flush`."""

    def flush(self) -> bool:
        """Send what waits; called when there is nothing more to read now. Order per target is kept.

        Returns whether anything waited: then time has passed, and there may be more to read.
        """

    def open(self, session: int) -> int:
        """The handle of a leg with this SRTP session (a C pointer), or 0."""

    def aim(self, handle: int, fd: int | None, address: Address | None) -> None:
        """From now on it is sent to by this datagram socket to this address; without a socket by its targets' `send`;
        without an address not at all."""

    def number(self, handle: int) -> Numbering:
        """A row of numbers for the leg with this handle, or for one without (0)."""

    def close(self, handle: int) -> None:
        """The leg is gone: its session is not touched again. A second time does nothing."""
