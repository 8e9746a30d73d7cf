"""What a per-packet fan-out is: one packet of a publication in, one packet per target out.

Lanes: a publication's ordinary packets on their way to all who watch it, past Python. Ordinary is the very next packet
of a stream in which nothing is missing, waited for or about to change: all that is to be done about it is sending and
counting. A lane does both until something else comes, which Python gets. So Python opens a lane after it has dealt with
a packet itself, and takes up what passed before it looks at anything that the lane counts.
"""

import socket
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from contract.media import Codec
from media.rtp.cache import MediaPacket
from media.rtp.numbering import Numbering
from media.rtp.rewrite import Offsets
from media.rtp.rtcp import ReceiverReport, Remb

Address = tuple[str, int] | tuple[str, int, int, int]
"""Of a datagram socket as the system says it: host and port, with IPv6 flow label and scope too."""
Take = Callable[[bytes, Address, float], None]
"""Gets a datagram as it came, from where, and `now`; must not raise."""
OnPacket = Callable[[bytes, float, int], None]
"""Gets the plaintext of what the plane decrypted and would not take, `now` and `wall_ns`."""
OnReport = Callable[[ReceiverReport | Remb, float, int], None]
"""Gets what a receiver reported, and when it came: monotonic s, UTC ns."""
Plaintext = Callable[[OnPacket, bytes, float, int], None]
"""Calls that, and must not raise."""
MOST_DATAGRAM_BYTES = 1504
"""Of a datagram so much is read: more than any that is WebRTC has (media.peer.rates), so that one that has is seen."""
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
    """Given if the payload has a picture id (of VP8 or VP9) that must be rewritten."""
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


class Ordinary(NamedTuple):
    """What comes next, and where to go on counting."""

    sequence: int
    """Unwrapped, of the next packet."""
    payload_type: int
    codec: Codec
    clock_rate_hz: int
    transit_ticks: int
    """As media.rtp.reports.Reception has them."""
    jitter_16: float
    level_id: int
    """Of the header extension that says how loud a sound is; 0 if there is none."""
    number_id: int
    """Of the one with the transport-wide number."""


class Passed(NamedTuple):
    """What a lane took since it was asked last; never nothing."""

    packets: int
    octets: int
    """Of payload."""
    upper_octets: int
    """Of these, of upper temporal layers."""
    sequence: int
    """Of the newest packet, unwrapped."""
    timestamp_ticks: int
    """Likewise, as on the wire."""
    at: float
    wall_ns: int
    """When that came."""
    transit_ticks: int
    jitter_16: float
    levels_dbov: list[int]
    """In order."""
    arrivals: list[tuple[int, float]]
    """Transport-wide numbers (16 bits) and when they came."""


class Lane(Protocol):
    """Shut at first, and whenever one of its packets comes to Python."""

    @property
    def is_open(self) -> bool: ...

    def open(self, ordinary: Ordinary, targets: Targets) -> bool:
        """Forward what is ordinary to `targets`; False if the plane cannot serve one of them."""

    def take_up(self) -> Passed | None:
        """What passed; None if nothing did."""

    def shut(self) -> None:
        """Everything comes to Python. What passed can still be taken up."""

    def kept(self, sequence: int) -> MediaPacket | None:
        """A packet that passed, if it is still remembered."""

    def close(self) -> None:
        """The publication is gone. A second time does nothing."""


class Plane(Protocol):
    """A fan-out of one worker, used from its event loop only. All implementations pass the same tests.

    A leg may be given to it: `open` once it has keys, `aim` whenever its address changes, `close` before its SRTP
    sessions go. A plane that gives no handles sends by each target's `send`.

    It reads the sockets too, since what can go on without Python then does, by lanes.
    """

    name: str
    dropped: Counter[str]
    """Packets that did not come or leave, by the same kinds as the legs' own."""

    def receive(self, source: socket.socket, most: int, now: float, take: Take, plaintext: Plaintext) -> int:
        """Read up to `most` datagrams; how many there were. Never raises.

        `take` gets those that go on in Python; `plaintext` what had been decrypted before that was seen, to be given to
        whom the lane or the leg is of.
        """

    def watch(self, source: socket.socket) -> None:
        """A plane that can wait in place of the loop (selector.py) reads this socket then, until `unwatch`."""

    def unwatch(self, source: socket.socket) -> None:
        """Before it is closed."""

    def forward(self, packet: MediaPacket, targets: Targets) -> None:
        """Send `packet` to every target that has begun; a target begins at its `first`. May wait for `flush`."""

    def flush(self) -> bool:
        """Send what waits; called when there is nothing more to read now. Order per target is kept.

        Returns whether anything waited: then time has passed, and there may be more to read.
        """

    def open(self, session: int, reading: int = 0) -> int:
        """The handle of a leg with these SRTP sessions (C pointers) for what it is sent and for what comes from it
        (0: no lanes), or 0."""

    def aim(self, handle: int, fd: int | None, address: Address | None) -> None:
        """From now on it is sent to by this datagram socket to this address; without a socket by its targets' `send`;
        without an address not at all."""

    def number(self, handle: int) -> Numbering:
        """A row of numbers for the leg with this handle, or for one without (0)."""

    def close(self, handle: int) -> None:
        """The leg is gone: its sessions are not touched again. A second time does nothing."""

    def lane(self, handle: int, ssrc: int, on_packet: OnPacket) -> Lane | None:
        """A shut lane for a stream that the leg publishes; None if there are none. `on_packet` gets the plaintext of
        what it would not take, and `now`. Raises MemoryError."""

    def hear(self, handle: int, on_report: OnReport, on_rtcp: OnPacket) -> None:
        """What this leg reports may wait for `report`, until it is closed; `on_rtcp` gets the plaintext of other RTCP
        that the plane decrypted. Neither may raise."""

    def report(self) -> None:
        """Tell what was reported since the last time, in order: with every tick, and before anything else that comes
        from a leg is looked at."""

    def taken(self, handle: int) -> tuple[int, int]:
        """Packets and bytes that lanes took of the leg since this was asked last."""

    def allow(self, handle: int, packets: int, size_bytes: int) -> None:
        """So much may they take from now on; nothing at first."""

    def heard(self, handle: int) -> float:
        """When they took something of it last, monotonic s; 0 if never."""
