"""The seams of a media room: what it needs from a peer, from its node, from the tap link."""

from typing import Protocol

from contract.data import ServerData
from contract.ids import LegId, PersonId
from contract.media import Source


class LegPort(Protocol):
    """One PeerConnection as the room sees it. None of the calls waits; what cannot be sent now is dropped."""

    @property
    def id(self) -> LegId: ...

    @property
    def participant(self) -> PersonId: ...

    @property
    def heard_at(self) -> float:
        """When anything came from the client last, connectivity checks included; monotonic s."""
        ...

    @property
    def handle(self) -> int:
        """The plane's for this leg, from `leg_up` to its end; 0 if packets go out by `send_rtp` only."""
        ...

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one plaintext RTP packet: repeats, and with a plane in Python every forwarded packet."""

    def send_rtcp(self, data: bytes) -> None:
        """Protect and send one plaintext RTCP packet, compound or of reduced size."""

    def send_data(self, message: ServerData) -> None:
        """Say something on the data channel."""


class RoomEvents(Protocol):
    """What a room tells its node."""

    def publication_live(self, participant: PersonId, source: Source) -> None:
        """Packets of a source began to arrive and are forwarded."""

    def publication_ended(self, participant: PersonId, source: Source) -> None:
        """They stopped: silence, a revoked grant or a leg that went."""


class TapSink(Protocol):
    """One connection to the recorder, shared by the rooms of a worker."""

    @property
    def waiting_bytes(self) -> int:
        """Bytes accepted and not yet taken by the recorder."""

    def send(self, record: bytes) -> None:
        """Queue one record of contract.tap, which carries its length. Never raises, never waits."""

    def next_number(self) -> int:
        """A track number that is unique on this connection."""
