"""One receive section of a subscriber: a stream of our own, filled by one publication after the other."""

from collections.abc import Callable
from random import Random

from contract.media import Layer
from media.forward.ports import LegPort
from media.forward.publication import CLOCK_RATES_HZ, Publication
from media.forward.repeat import RepeatBudget
from media.forward.sections import Section
from media.plane.base import EXTENDED, PLAIN, Target, Targets
from media.plane.python import packet_bytes
from media.rtp.cache import MediaPacket
from media.rtp.clock import ntp_from_wall
from media.rtp.numbering import Numbering
from media.rtp.pacer import Pacer
from media.rtp.packet import FIRST_VALUE_AT, PLAYOUT_AT_ONCE, PLAYOUT_FREE, build_extensions
from media.rtp.repairs import Repairs
from media.rtp.rewrite import Offsets, Rewriter
from media.rtp.rtcp import ReportBlock, SenderReport, pack_rtcp
from media.rtp.rtx import wrap_rtx

MOST_PADDING_BYTES = 240
"""Its length is told by one byte."""
PADDING_HEAD_BYTES = 24
"""RTP header and extensions of a padding packet."""
PADDED = 0x20
"""In the first byte of a packet."""
LARGEST_PX = 720
"""A slot of which its client did not say how large it is shown."""


class Slot:
    """Empty, filled, or filled and waiting for another publication's keyframe.

    `fill` says who shall be here. The one before goes on flowing until the new one's keyframe comes (`begin`), so
    that no picture freezes and none appears half. An empty slot sends nothing.
    """

    def __init__(
        self,
        section: Section,
        leg: LegPort,
        random: Random,
        on_begun: Callable[["Slot"], None],
        numbering: Numbering | None,
    ) -> None:
        """`on_begun` is told when another publication begins to flow here; `numbering` is the leg's."""
        self.section = section
        self.video = section.kind == "video"
        self.current: Publication | None = None
        self.next: Publication | None = None
        self.reported: ReportBlock | None = None
        """What the receiver said last of what came here."""
        self.repairs = Repairs()
        self.nacks = self.plis = self.repeats = 0
        """Packets and keyframes that the receiver asked for, packets sent again: so far."""
        self.layer: Layer | None = None
        """Which of a camera's layers shall be shown; None if it has no layers."""
        self.px = LARGEST_PX
        """How large it is shown: the shorter side."""
        self.paused: Publication | None = None
        """What would be shown if the link could carry it."""
        self._on_begun = on_begun
        self._send = leg.send_rtp
        self._handle = leg.handle
        self._pacer: Pacer | None = None
        self._repeats_apart = bool(section.rtx_ssrc and section.rtx_of)
        """Repeats have a stream of their own (RFC 4588). Where they have not, a packet must be the same each time, to
        the last bit: AES-GCM breaks when one SRTP index protects two different packets (RFC 7714 §10.1)."""
        numbered = "transport_cc" in section.ext and (self._repeats_apart or not self.video)
        self._numbering = numbering if numbered else None
        self._rate = CLOCK_RATES_HZ[section.kind]
        self._numbers = Rewriter(
            clock_rate_hz=self._rate, sequence=random.getrandbits(15), timestamp_ticks=random.getrandbits(32)
        )
        self._offsets: Offsets | None = None
        self._target: Target | None = None
        self._codec_pt = 0
        self._left_at = 0
        self._sources: dict[int, Publication] = {}
        self._rtx_sequence = random.getrandbits(15)
        self._budget = RepeatBudget()
        self._low_delay_seen = False
        self._packets_before = 0
        self._octets_before = 0
        self._packets_at_start = 0
        self._octets_at_start = 0

    @property
    def shown(self) -> Publication | None:
        """Who is seen here now, or will be next if nobody is."""
        return self.current or self.next

    # --- filling --------------------------------------------------------------------------------------------------

    def fill(self, publication: Publication | None) -> bool:
        """Show `publication`, or nothing. Returns whether its keyframe is needed now."""
        self.paused = None
        if publication is not self.next:
            if self.next is not None:
                self.next.waiting = [slot for slot in self.next.waiting if slot is not self]
            self.next = None
        if publication is None:
            self._leave()
            if self._pacer is not None:
                self._pacer.drop(self.section.ssrc)
            return False
        if publication is self.current or publication is self.next:
            return False
        self.next = publication
        publication.waiting.append(self)
        return self.video

    def pause(self, publication: Publication) -> None:
        """Show nothing, because the link could not carry it."""
        self.fill(None)
        self.paused = publication

    def begin(self, publication: Publication, packet: MediaPacket, now: float) -> bool:
        """The first packet of `publication`'s keyframe: switch to it. False if this client cannot decode it."""
        payload_type = self.section.pt_of.get(publication.codec) if publication.codec else None
        if payload_type is None:
            return False
        self._leave()
        self.next = None
        self.current = publication
        self._codec_pt = payload_type
        self._offsets = offsets = self._numbers.switch(publication.number, packet, now)
        self._packets_at_start = publication.reception.packets
        self._octets_at_start = publication.reception.octets
        self._sources.pop(publication.number, None)
        self._sources[publication.number] = publication
        while len(self._sources) > 4:
            del self._sources[next(iter(self._sources))]
        self._low_delay_seen |= publication.low_delay
        self._target = self._aim(publication, payload_type, offsets)
        publication.targets = Targets([*publication.targets, self._target])
        self._on_begun(self)
        return True

    def pace(self, pacer: Pacer | None) -> None:
        """From now on the picture goes through `pacer`, which numbers it; None: at once, as at first."""
        if not self.video or self._numbering is None or pacer is self._pacer:
            return
        self._pacer = pacer
        before, publication, offsets = self._target, self.current, self._offsets
        if before is not None and publication is not None and offsets is not None:
            self._target = after = self._aim(publication, self._codec_pt, offsets)
            publication.targets = Targets(after if target is before else target for target in publication.targets)

    def _aim(self, publication: Publication, payload_type: int, offsets: Offsets) -> Target:
        """What the plane must know to send packets of `publication` here."""
        extensions = self._extensions(publication)
        pacer = self._pacer
        return Target(
            self._send if pacer is None else pacer.put,
            EXTENDED if extensions else PLAIN,
            payload_type,
            self.section.ssrc,
            extensions,
            offsets.first,
            offsets.sequence,
            offsets.timestamp_ticks,
            offsets if offsets.picture_id or offsets.tl0 else None,
            self._handle if pacer is None else 0,
            self._numbering if pacer is None else None,
            FIRST_VALUE_AT if self._numbering is not None else 0,
        )

    def _extensions(self, publication: Publication) -> bytes:
        """Room for the number of a packet, and the mid, in every one; how long a picture may wait only in a slot that
        ever showed a hurried one."""
        values = {}
        if self._numbering is not None:
            values[self.section.ext["transport_cc"]] = bytes(2)
        mid, delay = self.section.ext.get("mid"), self.section.ext.get("playout_delay")
        if mid:
            values[mid] = self.section.mid.encode()
        if delay and self.video and self._low_delay_seen and self._repeats_apart:
            values[delay] = PLAYOUT_AT_ONCE if publication.low_delay else PLAYOUT_FREE
        return build_extensions(values)

    def on_codec(self) -> bool:
        """The publication changed its codec under us: begin again at its next keyframe. Returns whether we wait."""
        publication = self.current
        if publication is None or publication.codec is None:
            return False
        if self.section.pt_of.get(publication.codec) == self._codec_pt:
            return False
        self._leave()
        if self.next is None:
            self.fill(publication)
        return True

    def _leave(self) -> None:
        publication, target, offsets = self.current, self._target, self._offsets
        if publication is None or target is None or offsets is None:
            return
        publication.targets = Targets(other for other in publication.targets if other is not target)
        if publication.newest is not None:
            self._numbers.leave(publication.newest, offsets)
            self._left_at = publication.newest.packet.sequence + offsets.sequence
        self._packets_before += publication.reception.packets - self._packets_at_start
        self._octets_before += publication.reception.octets - self._octets_at_start
        self.current = self._target = self._offsets = None

    @property
    def alone(self) -> Targets:
        """For what only this slot gets."""
        return Targets([self._target] if self._target is not None else [])

    # --- feedback -------------------------------------------------------------------------------------------------

    def sender_report(self, wall_ns: int) -> bytes | None:
        """RTCP that ties our timestamps to the server's clock, so that sound and picture of one person meet.

        None while empty, or before the publisher's own report came.
        """
        publication, offsets = self.current, self._offsets
        if publication is None or offsets is None:
            return None
        ticks = publication.clock.ticks_at(wall_ns)
        if ticks is None:
            return None
        return pack_rtcp(
            SenderReport(
                self.section.ssrc,
                ntp_from_wall(wall_ns),
                (ticks + offsets.timestamp_ticks) & 0xFFFFFFFF,
                *self._sent(),
            )
        )

    @property
    def sent_octets(self) -> int:
        """Payload bytes since the beginning, without repeats."""
        return self._sent()[1]

    def _sent(self) -> tuple[int, int]:
        """Packets and payload bytes since the beginning, without repeats."""
        packets, octets = self._packets_before, self._octets_before
        if self.current is not None:
            packets += self.current.reception.packets - self._packets_at_start
            octets += self.current.reception.octets - self._octets_at_start
        return packets, octets

    def repeat(self, sequence: int, rtt_s: float, now: float, most_bps: int | None) -> bool:
        """Send again what went out as `sequence`; False if it is gone, too soon or over the budget, which is no more
        than `most_bps` where the link is known."""
        newest = self.current.newest if self.current is not None else None
        highest = self._left_at
        if newest is not None and self._offsets is not None:
            highest = max(highest, newest.packet.sequence + self._offsets.sequence)
        found = self._numbers.locate(sequence, highest)
        if found is None:
            return False
        segment, number = found
        publication = self._sources.get(segment.source)
        packet = publication.cache.get(number) if publication is not None else None
        if publication is None or packet is None or publication.codec is None:
            return False
        payload_type = self.section.pt_of.get(publication.codec)
        if payload_type is None:
            return False
        rtx_type = self.section.rtx_of.get(payload_type) if self.section.rtx_ssrc else None
        if rtx_type is None and self._numbering is not None:
            return False  # it would have another number
        if not self._budget.allows(
            sequence, len(packet.payload), rtt_s, now, sent_bytes=self._sent()[1], most_bps=most_bps
        ):
            return False
        target = self._aim(publication, payload_type, segment.offsets)
        again = packet_bytes(target._replace(numbering=self._numbering), packet)
        if rtx_type is not None:
            again = self._as_rtx(again, 12 + len(target.extensions), sequence, rtx_type)
        self._send(again)
        self.repeats += 1
        return True

    @property
    def can_pad(self) -> bool:
        """Whether padding can be sent here: in the stream of repeats, where a receiver makes nothing of it."""
        return self._numbering is not None and self._repeats_apart

    def pad(self, padding_bytes: int) -> int:
        """Send a packet of nothing but padding, up to MOST_PADDING_BYTES. Returns its transport-wide number."""
        assert self._numbering is not None
        number = self._numbering.take(padding_bytes + PADDING_HEAD_BYTES)
        values = {self.section.ext["transport_cc"]: number.to_bytes(2)}
        if "mid" in self.section.ext:
            values[self.section.ext["mid"]] = self.section.mid.encode()
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        self._send(
            b"".join(
                (
                    bytes([EXTENDED | PADDED, next(iter(self.section.rtx_of.values()))]),
                    self._rtx_sequence.to_bytes(2),
                    bytes(4),
                    self.section.rtx_ssrc.to_bytes(4),
                    build_extensions(values),
                    bytes(padding_bytes - 1),
                    bytes([padding_bytes]),
                )
            )
        )
        return number

    def _as_rtx(self, packet: bytes, head: int, sequence: int, payload_type: int) -> bytes:
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        return b"".join(
            (
                packet[:1],
                bytes([packet[1] & 0x80 | payload_type]),
                self._rtx_sequence.to_bytes(2),
                packet[4:8],
                self.section.rtx_ssrc.to_bytes(4),
                packet[12:head],
                wrap_rtx(sequence, packet[head:]),
            )
        )
