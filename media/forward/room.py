"""One room's media: who publishes what, and which packet goes to whom."""

from contract.data import PointAt
from contract.ids import LegId, PersonId, RecordingId, RoomId
from contract.media import Codec, Grants
from media.forward.ports import LegPort, RoomEvents, TapSink
from media.forward.sections import Sections


class MediaRoom:
    """No sockets, no clock: packets and times come in by calls, packets go out through each leg's port.

    `now` is monotonic seconds, `wall_ns` UTC nanoseconds. Call `tick` about every 50 ms.
    """

    def __init__(self, room: RoomId, *, events: RoomEvents, video_codec: Codec = Codec.VP8, seed: int) -> None:
        """`video_codec` is used while everybody can receive it, VP8 otherwise."""
        raise NotImplementedError

    def add_leg(self, leg: LegPort, sections: Sections, grants: Grants, *, host: bool, now: float) -> None:
        """A PeerConnection is up (DTLS done). Its slots stay empty until `leg_ready`."""
        raise NotImplementedError

    def remove_leg(self, leg_id: LegId, now: float, wall_ns: int) -> None:
        """The leg is gone; unknown ids are ignored."""
        raise NotImplementedError

    def set_grants(self, participant: PersonId, grants: Grants, *, host: bool, now: float, wall_ns: int) -> None:
        """For every leg of the participant, now and later; takes effect with the next packet."""
        raise NotImplementedError

    def leg_ready(self, leg_id: LegId, now: float) -> None:
        """The client said `ready` on its data channel: fill its slots."""
        raise NotImplementedError

    def on_rtp(self, leg_id: LegId, packet: bytes, now: float, wall_ns: int) -> None:
        """One plaintext RTP packet of a leg. Malformed ones are counted and dropped."""
        raise NotImplementedError

    def on_rtcp(self, leg_id: LegId, data: bytes, now: float, wall_ns: int) -> None:
        """One plaintext RTCP packet of a leg, compound or reduced size."""
        raise NotImplementedError

    def on_point(self, leg_id: LegId, point: PointAt, now: float, wall_ns: int) -> None:
        """The laser pointer of a leg: relayed to all others and to the tap; more than 60 a second are dropped."""
        raise NotImplementedError

    def tick(self, now: float, wall_ns: int) -> None:
        """Reports, retries, keyframe requests, silences."""
        raise NotImplementedError

    def record(self, recording: RecordingId | None, now: float, wall_ns: int) -> None:
        """Start tapping as this recording, or stop."""
        raise NotImplementedError

    def tap_connected(self, sink: TapSink, now: float, wall_ns: int) -> None:
        """The tap link is up (again): announce everything and ask for keyframes."""
        raise NotImplementedError

    def tap_lost(self, now: float, wall_ns: int) -> None:
        """The tap link is down: nothing can be recorded until it is back."""
        raise NotImplementedError

    @property
    def counters(self) -> dict[str, int]:
        """Packets in, out and dropped by reason since the room began; keys `packets_in`, `packets_out`, else drops."""
        raise NotImplementedError
