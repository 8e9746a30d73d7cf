"""One track that somebody publishes: what arrived of it, what is missing, who gets it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Protocol

from contract.ids import PersonId
from contract.media import Codec, Layer, Source
from contract.recording import GapReason
from media.forward.redundant import Redundant
from media.forward.sections import Section
from media.forward.thinned import Thinned
from media.plane.base import Lane, Ordinary, Passed, Targets
from media.rtp.cache import CACHE_PACKETS, MediaPacket, PacketCache
from media.rtp.clock import PublisherClock, TrackClock
from media.rtp.describe import describe
from media.rtp.keyframe import starts_keyframe
from media.rtp.nack import NackGenerator
from media.rtp.packet import RtpHeader
from media.rtp.rate import Rate
from media.rtp.reports import Reception
from media.rtp.rewrite import Newest
from media.rtp.rtx import unwrap_rtx
from media.rtp.sequence import SEQUENCE_BITS, Unwrapper
from media.rtp.throttle import KeyframeThrottle
from media.rtp.vp8 import frame_size

BYE_S = 0.3
"""After a goodbye (RFC 3550 §6.6) the silence is only waited for this long."""
CLOCK_RATES_HZ = {"audio": 48_000, "video": 90_000}
LATE_S = 0.25
"""A slot that is filled so soon after a keyframe began still begins with that one: longer, and its watcher would get a
burst of what is past."""
AWAITED_S = 0.4
"""Who rings is asked for another keyframe so long after the last: whoever answers sees a picture at once."""
AWAITED_LATE_S = 0.75
"""And begins with one as old as it may be then: the pause, the request's way, the camera's next frame."""
SOUND_LATE_S = 0.3
"""Sound that comes later than this after it was missed is of no use to who listens. So it is asked for at once, though
it may be only out of order: its next packet, with which one would ask, is 20 ms away."""
SOUND_AGAIN_S = 0.015
"""And again with each of its packets that comes, since the request may be lost as well: Chromium sends nothing twice
within what it takes for a round trip, which is often twice as long as it is."""
SILENCE_S = 3.0
"""A publication of which nothing came for so long has ended: camera off, track replaced by none, network gone.
Longer than Opus DTX (0.4 s) and than the slowest screen (1 frame a second)."""


class Waiting(Protocol):
    """A slot that waits for this publication's next keyframe."""

    def begin(self, publication: "Publication", packet: MediaPacket, now: float) -> bool:
        """The keyframe's first packet is here. Returns False if the slot cannot take it."""

    def takes(self, codec: Codec | None) -> bool:
        """Whether its client can decode this; of what is not known yet, perhaps."""


@dataclass(slots=True)
class Upper:
    """What came of a publication's upper temporal layers."""

    octets: int = 0


class Publication:
    """Created with its section, or with the first packet of a layer; comes to life when one carries something.

    `receive` turns wire packets into MediaPackets, each once. The owner sends what `missing` returns as NACK, a PLI
    when `request_keyframe` or `keyframe_due` says so, and forwards by `targets`.

    While nothing is missing or about to change its packets may pass by a `lane` (media.plane.base). What they change
    here is taken up by `settle`: whoever reads what is kept of a packet gets it settled, and whatever changes where
    packets go shuts the lane first. So a packet that `receive` sees was not forwarded yet, and its number is used once.
    """

    def __init__(
        self,
        number: int,
        participant: PersonId,
        section: Section,
        ssrc: int,
        publisher_clock: PublisherClock,
        *,
        layer: Layer | None = None,
        low_delay: bool = False,
    ) -> None:
        """`layer` if there are several. With `low_delay` the camera is to be shown without waiting for smoothness."""
        assert section.source is not None
        self.number = number
        """Unique in the room; a slot remembers it for repeats."""
        self.participant = participant
        self.source: Source = section.source
        self.section = section
        self.layer = layer
        self.video = section.kind == "video"
        self.low_delay = low_delay and section.source is Source.CAMERA
        self.clock_rate_hz = CLOCK_RATES_HZ[section.kind]
        self.codec: Codec | None = None
        """Of the newest packet; None before the first."""
        self.forwarded_codec: Codec | None = None
        """What the slots were last told."""
        self.live = False
        self.lost: GapReason | None = None
        """Why it is not live any more; None if somebody wished it so (camera off, left)."""
        self._newest: Newest | None = None
        self._passed: tuple[int, float] | None = None
        """Number and time of the newest packet, if it passed by the lane: `_newest` is made of that when asked for."""
        self.last_at = float("-inf")
        self.cache = PacketCache()
        self.nack = (
            NackGenerator()
            if self.video
            else NackGenerator(reorder_s=0.0, eager_s=SOUND_AGAIN_S, give_up_s=SOUND_LATE_S, outage_s=inf)
        )
        self.clock = TrackClock(self.clock_rate_hz, publisher_clock)
        self._reception = Reception(ssrc, self.clock_rate_hz)
        self.rate = Rate(self._reception)
        self.upper = Upper()
        self.upper_rate = Rate(self.upper)
        """Of its upper temporal layers alone."""
        self._thinned: Thinned | None = None
        self.px = 0
        """Shorter side of the newest keyframe; 0 where we cannot tell (no VP8)."""
        self._targets = Targets()
        self.redundant = Redundant()
        """Who gets it with what went before."""
        self.waiting: list[Waiting] = []
        self.lane: Lane | None = None
        self._on_passed: Callable[[Passed], None] = _nobody
        self.nacks = self.plis = 0
        """Packets asked for again, keyframes asked for: of the publisher, so far."""
        self._throttle = KeyframeThrottle()
        self._keyframe = -1
        """Where the newest one begins."""
        self.keyframe_at = float("-inf")
        """When it began to come."""
        self._sequence = Unwrapper(SEQUENCE_BITS)
        self._codec_of = {pt: codec for codec, pt in section.pt_of.items()}
        self._media_of = {rtx: pt for pt, rtx in section.rtx_of.items()}

    @property
    def sent(self) -> tuple[int, int]:
        """Packets and payload bytes that its targets got so far."""
        return self.reception.packets, self.reception.octets

    @property
    def ssrc(self) -> int:
        return self._reception.ssrc

    @property
    def reception(self) -> Reception:
        self.settle()
        return self._reception

    @property
    def newest(self) -> Newest | None:
        """The highest packet that went to all who may have it."""
        self.settle()
        if self._passed is not None and self.lane is not None:
            (sequence, at), self._passed = self._passed, None
            packet = self.lane.kept(sequence)
            assert packet is not None
            self._newest = Newest(packet, at)
        return self._newest

    @property
    def targets(self) -> Targets:
        """Who gets it as it is."""
        return self._targets

    @targets.setter
    def targets(self, targets: Targets) -> None:
        self.shut()
        self._targets = targets

    @property
    def thinned(self) -> Thinned | None:
        """It without its upper temporal layers; made when a slot shall have it so."""
        return self._thinned

    @thinned.setter
    def thinned(self, thinned: Thinned) -> None:
        self.shut()
        self._thinned = thinned

    def is_rtx(self, payload_type: int) -> bool:
        return payload_type in self._media_of

    def receive(self, packet: bytes, header: RtpHeader, now: float, wall_ns: int) -> MediaPacket | str:
        """The packet to forward, or the reason why there is none: `duplicate`, `payload_type`, `padding`.

        Raises ValueError if the payload is damaged.
        """
        payload_type, wire_sequence = header.payload_type, header.sequence
        payload = packet[header.payload_at : header.payload_end]
        repeated = payload_type in self._media_of
        if repeated:
            if not payload:
                return "padding"
            payload_type = self._media_of[payload_type]
            wire_sequence, payload = unwrap_rtx(payload)
        codec = self._codec_of.get(payload_type)
        if codec is None:
            return "payload_type"
        if repeated and self._sequence.highest < 0:
            return "duplicate"
        number = self._sequence.peek(wire_sequence)
        if repeated and number > self._sequence.highest:
            return "duplicate"
        descriptor = describe(codec, payload)
        self._sequence.unwrap(wire_sequence)
        if not self.nack.on_packet(number, now):
            return "duplicate"
        if not repeated:
            self._reception.on_packet(number, header.timestamp_ticks, len(payload), now)
            if descriptor is not None and descriptor.temporal:
                self.upper.octets += len(payload)
        if not payload and not self.live:
            return "padding"
        self.clock.on_packet(header.timestamp_ticks, wall_ns)
        media = MediaPacket(number, header.timestamp_ticks, 0x80 if header.marker else 0, payload, descriptor)
        self.cache.put(media)
        if payload:
            self.last_at = now
            if number == self._sequence.highest:
                if codec is not self.codec:
                    self.keyframe_at = float("-inf")  # that one was the other codec's
                self.codec = codec
            if self.video and starts_keyframe(codec, payload, descriptor):
                self._throttle.on_keyframe()
                if number > self._keyframe:
                    self._keyframe, self.keyframe_at = number, now
                    if codec is Codec.VP8 and descriptor is not None:
                        self.px = min(frame_size(payload[descriptor.data_at :]) or (self.px,))
        return media

    def on_bye(self, now: float) -> None:
        """The publisher says that it stops; packets that come all the same say otherwise."""
        self.settle()
        self.last_at = min(self.last_at, now - SILENCE_S + BYE_S)

    def passed(self, media: MediaPacket, now: float) -> None:
        """`media` went to all who may have it now: remember how far they have got."""
        newest = self.newest
        if newest is None or media.sequence > newest.packet.sequence:
            if newest is not None and not media.payload:
                # Padding is of no picture: only the numbers of packets go on.
                media = newest.packet._replace(sequence=media.sequence)
            self._newest = Newest(media, now)

    def wait(self, slot: Waiting) -> None:
        """`slot` begins with the next keyframe."""
        self.shut()
        self.waiting.append(slot)

    def begin_waiting(self, media: MediaPacket, now: float) -> None:
        """Give every waiting slot the chance to begin with this packet."""
        if not self.waiting or self.codec is None or not media.payload:
            return
        if not starts_keyframe(self.codec, media.payload, media.descriptor):
            return
        self.waiting = [slot for slot in self.waiting if not slot.begin(self, media, now)]

    def since_keyframe(self, now: float) -> list[MediaPacket]:
        """What passed since the newest keyframe began, that first; nothing if it began too long ago."""
        newest = self.newest
        if now - self.keyframe_at > (AWAITED_LATE_S if self.low_delay else LATE_S) or newest is None:
            return []
        kept = (self.kept(number) for number in range(self._keyframe, newest.packet.sequence + 1))
        packets = [packet for packet in kept if packet is not None]
        # Without its head nothing can be decoded; what else is missing was asked for and comes like any other.
        return packets if packets and packets[0].sequence == self._keyframe else []

    def kept(self, sequence: int) -> MediaPacket | None:
        """A packet that may be asked for again, if it is still here."""
        if sequence <= self._sequence.highest - CACHE_PACKETS:
            return None  # in either place there may be one that is older than what the other forgot
        found = self.cache.get(sequence)
        return self.lane.kept(sequence) if found is None and self.lane is not None else found

    # --- past Python ----------------------------------------------------------------------------------------------

    def use(self, lane: Lane | None, on_passed: Callable[[Passed], None]) -> None:
        """From now on packets may pass there; `on_passed` is told what did, before anything else happens."""
        self.lane, self._on_passed = lane, on_passed

    def open(self, *, level_id: int, number_id: int) -> None:
        """Let pass what is ordinary from here on, if nothing is missing, waited for or left out; until `shut`."""
        codec, transit = self.codec, self._reception.transit_ticks
        if self.lane is None or codec is None or transit is None:
            return
        if self._awaited or self._thinned is not None or self.redundant or (self.nack.waiting and self._repeatable):
            return
        self.lane.open(
            Ordinary(
                self._sequence.highest + 1,
                self.section.pt_of[codec],
                codec,
                self.clock_rate_hz,
                transit,
                self._reception.jitter_16,
                level_id,
                number_id,
            ),
            self._targets,
        )

    def settle(self) -> None:
        """Take up what passed."""
        lane = self.lane
        passed = lane.take_up() if lane is not None else None
        if passed is None or lane is None:
            return
        self._sequence.highest = passed.sequence
        self.nack.on_passed(passed.sequence, passed.at)
        self._reception.on_passed(
            passed.packets, passed.octets, passed.sequence, passed.transit_ticks, passed.jitter_16
        )
        self.upper.octets += passed.upper_octets
        self.clock.on_packet(passed.timestamp_ticks, passed.wall_ns)
        self.last_at = passed.at
        self._passed = passed.sequence, passed.at
        self._on_passed(passed)

    def shut(self) -> None:
        """What comes next comes to `receive`."""
        if self.lane is not None:
            self.lane.shut()
            self.settle()

    def close(self) -> None:
        """It is gone, and with it what passed."""
        if self.lane is not None:
            self.shut()
            _ = self.newest  # which the lane remembers
            self.lane.close()
            self.use(None, _nobody)

    def missing(self, now: float, rtt_s: float) -> list[int]:
        """Sequence numbers to ask for now, where the publisher can send again."""
        return self.nack.due(now, rtt_s) if self._repeatable and self.nack.waiting else []

    @property
    def _awaited(self) -> bool:
        """Whether somebody waits who could begin with a keyframe; for another codec the room has to change first."""
        return any(slot.takes(self.codec) for slot in self.waiting)

    @property
    def _repeatable(self) -> bool:
        return self.video or self.section.sound_again

    def request_keyframe(self, now: float, *, first: bool) -> bool:
        """Somebody needs a keyframe. Returns whether to send a PLI now; otherwise `keyframe_due` will say when."""
        return self.video and self._throttle.request(now, first=first)

    def keyframe_due(self, now: float, *, granted: bool = True) -> bool:
        """Whether a PLI is to be sent now: one that was held back, or again for those who still wait.

        Of a camera that is to be shown without delay and is not `granted` yet, the caller's while it rings, a keyframe
        is kept at hand.
        """
        if not self.video:
            return False
        if self.low_delay and self.live and not granted and now - self.keyframe_at >= AWAITED_S:
            return self._throttle.request(now, first=False)
        if self._awaited:
            return self._throttle.request(now, first=False)
        if self.nack.broken:
            self.nack.broken = False
            return bool(self.targets) and self._throttle.request(now, first=False)
        return self.live and self._throttle.due(now)


def _nobody(_passed: Passed) -> None:
    """Without a lane nothing passes."""
