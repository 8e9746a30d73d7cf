"""One PeerConnection in a room: its publications, its slots, what it told us about its link."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from contract.data import SlotFill, Slots
from contract.ids import LegId, PersonId
from contract.media import Grants, Layer, Source
from media.forward.allocation import Seat
from media.forward.pictures import Pictures
from media.forward.ports import LegPort
from media.forward.publication import SILENCE_S, Publication
from media.forward.resending import MOST_PADDING_BYTES
from media.forward.sections import Section, Sections
from media.forward.sending import Sending
from media.forward.slot import Slot
from media.rtp.arrivals import Arrivals
from media.rtp.bandwidth import SOUND_BPS, Estimate
from media.rtp.clock import PublisherClock
from media.rtp.numbering import Numbering
from media.rtp.pacer import Pacer
from media.rtp.packet import FIRST_VALUE_AT, FIXED_BYTES, RtpHeader, extension
from media.rtp.redundancy import EARLIER_BPS, Redundancy

FLOWS_S = 0.3
"""A camera of which some layer came so recently runs; three frames at ten a second."""
LAYER_SILENCE_S = 1.0
"""A layer of which nothing came for so long while another one flows is not sent any more."""
POINTS_PER_S = 60
PACED_BELOW_BPS, PACED_UNTIL_BPS = 1_000_000, 1_300_000
"""Above, a keyframe is through within a few tens of milliseconds, and one datagram for all of it is worth more."""
PROBE_LEAST_PACKETS = 5
"""Fewer say too little about speed."""
Key = tuple[str, Layer | None]
"""Names a publication of a leg: its mid, and its layer if there are several."""
Named = tuple[PersonId | None, Source | None, bool]
"""Who is in a slot, with what, and whether it is paused."""
RENEWAL_S = 1.0
"""A section's SSRC may change (RFC 3550 §8.2), but not with every packet: each change settles the whole room anew."""


@dataclass(slots=True)
class Member:
    """One participant of the room, with all its legs."""

    participant: PersonId
    grants: Grants
    host: bool
    joined: int
    """Order of joining."""


class Leg:
    """Finds the publication of a packet and the slot of a feedback; holds what the room's rules say about both."""

    def __init__(
        self,
        port: LegPort,
        sections: Sections,
        member: Member,
        random: Random,
        number: Callable[[], int],
        on_begun: Callable[["Leg"], None],
        *,
        numbering: Numbering | None = None,
        low_delay: bool = False,
    ) -> None:
        """`number` gives the next publication number; `on_begun` is told when a slot begins to show another source.

        `numbering` is given if what it gets is to be numbered.
        """
        self.port = port
        self.sections = sections
        self.member = member
        self.low_delay = low_delay
        self.ready = False
        self.rtt_s = 0.0
        """Of the last report block, 0 before."""
        self.numbering = numbering
        self._pacer: Pacer | None = None
        self.estimate = Estimate()
        self.redundancy = Redundancy()
        self.arrivals = Arrivals()
        """Of the packets that carry `numbers_by`."""
        self.numbers_by = next(
            (section.ext["transport_cc"] for section in sections.sources if "transport_cc" in section.ext), 0
        )
        """Id of the extension that numbers its packets; in a bundle one for all sections; 0 if there is none."""
        self.turn = 0
        """Its number in `next_turn`."""
        self.report_due = self.look_due = 0.0
        """When it hears from us next, when its pictures are looked at next."""
        self.offered = next((section.layers for section in sections.sources if section.layers), ())
        """Layers in which it may send its camera, lowest first."""
        self.sends = False
        """Whether it ever sent a packet of media."""
        self.wants: frozenset[tuple[LegId, Layer]] = frozenset()
        """Layers that its slots show or wait for, each with the leg that sends it."""
        self.sending = Sending()
        self.pictures = Pictures()
        begun = partial(on_begun, self)
        self.slots = [Slot(section, port, random, begun, numbering) for section in sections.slots]
        self.stage: list[Seat | None] = []
        self.floor: list[PersonId | None] = []
        self._told: list[Named] | None = None
        self._told_version = 0
        self.pairs = 1 + max((slot.section.stage for slot in self.slots if slot.section.stage is not None), default=-1)
        self.floors = 1 + max((slot.section.floor for slot in self.slots if slot.section.floor is not None), default=-1)
        self.publications: dict[Key, Publication] = {}
        self._number = number
        self._clock = PublisherClock()
        self._by_ssrc: dict[int, Publication] = {}
        self._slot_of = {slot.section.ssrc: slot for slot in self.slots}
        self._mid_ids = {section.ext["mid"] for section in sections.sources if "mid" in section.ext}
        self._section_of = {section.mid: section for section in sections.sources}
        self._mid_of_pt = _told_apart(sections.sources)
        self._renewed_at: dict[Key, float] = {}
        self._points = float(POINTS_PER_S)
        self._points_at = 0.0
        for section in sections.sources:
            if section.ssrc:
                self._publish((section.mid, None), section.ssrc, section.rtx_ssrc)

    def _publish(self, key: Key, ssrc: int, rtx_ssrc: int) -> Publication:
        mid, layer = key
        publication = Publication(
            self._number(),
            self.member.participant,
            self._section_of[mid],
            ssrc,
            self._clock,
            layer=layer,
            low_delay=self.low_delay,
        )
        before = self.publications.get(key)
        if before is not None:
            before.close()
        self._by_ssrc = {number: other for number, other in self._by_ssrc.items() if other is not before}
        self._by_ssrc[ssrc] = publication
        if rtx_ssrc:
            self._by_ssrc[rtx_ssrc] = publication
        self.publications[key] = publication
        return publication

    def of_packet(self, packet: bytes, header: RtpHeader, now: float) -> Publication | None:
        """Whose packet this is: by its SSRC, by the mid that it carries, or by a payload type that only one section has
        (RFC 9143 §9.2), and with simulcast by its rid (RFC 8852); None if unknown. A publication whose SSRC changed
        begins anew.
        """
        publication = self._by_ssrc.get(header.ssrc)
        if publication is not None:
            return publication
        for mid in self._mids(packet, header):
            section = self._section_of.get(mid) if mid is not None else None
            if section is None or mid is None:
                continue
            repeated = header.payload_type in section.rtx_of.values()
            layer = _layer_of(packet, header, section, repeated=repeated)
            if section.layers and layer is None:
                return None
            key = mid, layer
            there = self.publications.get(key)
            if repeated:
                if there is not None:
                    self._by_ssrc[header.ssrc] = there
                    self._forget_surplus(there)
                return there
            if now - self._renewed_at.get(key, float("-inf")) < RENEWAL_S:
                return None
            self._renewed_at[key] = now
            return self._publish(key, header.ssrc, section.rtx_ssrc)
        return None

    def _mids(self, packet: bytes, header: RtpHeader) -> Iterator[str | None]:
        """What the packet says of its section, the surest first."""
        for mid_id in self._mid_ids:
            value = extension(packet, header, mid_id)
            if value:
                yield value.decode("ascii", "replace")
        yield self._mid_of_pt.get(header.payload_type)

    def _forget_surplus(self, publication: Publication) -> None:
        """A publication has one SSRC for repeats; a sender that keeps inventing them must not fill our memory."""
        repeats = [ssrc for ssrc, other in self._by_ssrc.items() if other is publication and ssrc != publication.ssrc]
        for ssrc in repeats[:-2]:
            del self._by_ssrc[ssrc]

    def of_ssrc(self, ssrc: int) -> Publication | None:
        publication = self._by_ssrc.get(ssrc)
        return publication if publication is not None and publication.ssrc == ssrc else None

    def slot_of(self, ssrc: int) -> Slot | None:
        return self._slot_of.get(ssrc)

    def live(self, source: Source) -> Publication | None:
        for publication in self.publications.values():
            if publication.source is source and publication.live:
                return publication
        return None

    def silence_s(self, publication: Publication, now: float) -> float:
        """After how long without a packet a publication has ended: a layer sooner, while another one flows."""
        if publication.layer is None:
            return SILENCE_S
        flows = any(
            now - other.last_at < FLOWS_S
            for other in self.publications.values()
            if other.section is publication.section and other is not publication
        )
        return LAYER_SILENCE_S if flows else SILENCE_S

    def slots_at(self, *, stage: int | None = None, floor: int | None = None) -> list[Slot]:
        return [slot for slot in self.slots if slot.section.stage == stage and slot.section.floor == floor]

    def shows(self, slot: Slot) -> tuple[PersonId, Source] | None:
        """Whom and what the rules of stage and floor have put into a slot."""
        if slot.section.floor is not None:
            speaker = self.floor[slot.section.floor] if slot.section.floor < len(self.floor) else None
            return (speaker, Source.MICROPHONE) if speaker is not None else None
        place = slot.section.stage
        seat = self.stage[place] if place is not None and place < len(self.stage) else None
        if seat is None:
            return None
        if seat.screen:
            return seat.participant, Source.SCREEN if slot.video else Source.SCREEN_SOUND
        return seat.participant, Source.CAMERA if slot.video else Source.MICROPHONE

    def videos(self) -> int:
        """How many pictures it gets."""
        return sum(1 for slot in self.slots if slot.video and (slot.current is not None or slot.paused is not None))

    def probe(self, now: float) -> None:
        """Send a train of padding, if it is time to see whether its link carries more."""
        if self.numbering is None:
            return
        hungry = not any(slot.video and slot.current is not None for slot in self.slots)
        padding_bytes = self.estimate.probe_bytes(self.videos(), now, hungry=hungry)
        slot = next(
            (slot for slot in self.slots if (slot.current or slot.paused) is not None and slot.resending.can_pad), None
        )
        if not padding_bytes or slot is None:
            return
        packets = max(PROBE_LEAST_PACKETS, padding_bytes // MOST_PADDING_BYTES)
        numbers = [slot.resending.pad(min(MOST_PADDING_BYTES, padding_bytes // packets)) for _ in range(packets)]
        self.estimate.sending.on_probe(numbers[0], packets, now)

    def pace(self, now: float) -> bool:
        """Spread pictures where the link is narrow, and let go what may. Returns whether there is more to do."""
        if self.numbering is None:
            return False
        bps = self.estimate.sending.bps
        narrow = bps is not None and bps < (PACED_BELOW_BPS if self._pacer is None else PACED_UNTIL_BPS)
        if self._pacer is not None:
            if bps is not None and narrow:
                self._pacer.release(bps, now)
            else:
                self._pacer.flush()
        if narrow != (self._pacer is not None):
            self._pacer = Pacer(self._send_numbered) if narrow else None
            for slot in self.slots:
                slot.pace(self._pacer)
        return narrow

    def _send_numbered(self, packet: bytes) -> None:
        """A packet that waited gets its number when it leaves."""
        assert self.numbering is not None
        at = FIXED_BYTES + FIRST_VALUE_AT
        self.port.send_rtp(packet[:at] + self.numbering.take(len(packet)).to_bytes(2) + packet[at + 2 :])

    def tell(self) -> None:
        """Say what the slots carry, if that changed. A slot keeps its name until the next source really flows."""
        if not self.ready:
            return
        shown = [_named(slot) for slot in self.slots]
        if shown == self._told:
            return
        self._told = shown
        self._told_version += 1
        fills = [
            SlotFill(mid=slot.section.mid, participant=who, source=source, paused=paused)
            for slot, (who, source, paused) in zip(self.slots, shown, strict=True)
        ]
        self.port.send_data(Slots(ver=self._told_version, slots=fills))

    def settle_sound(self, now: float) -> None:
        """As much redundancy as what it loses makes worth it."""
        earlier = self.redundancy.settle(self.estimate.latest_bps(now))
        self.estimate.sound_bps = SOUND_BPS + earlier * EARLIER_BPS
        for slot in self.slots:
            slot.carry(earlier)

    def let_go(self) -> None:
        """Out of the room: empty every slot, and break the ring of slots and leg, so that packets kept for repeats
        are given back now and not when the collector comes by."""
        for slot in self.slots:
            slot.fill(None)
        for publication in self.publications.values():
            publication.close()
        self._pacer = None
        self.slots.clear()
        self._slot_of.clear()

    def may_point(self, now: float) -> bool:
        """Whether one more pointer position is within POINTS_PER_S."""
        self._points = min(POINTS_PER_S, self._points + (now - self._points_at) * POINTS_PER_S)
        self._points_at = now
        if self._points < 1:
            return False
        self._points -= 1
        return True


def _named(slot: Slot) -> Named:
    shown = slot.shown or slot.paused
    return (shown.participant, shown.source, slot.paused is not None) if shown is not None else (None, None, False)


def _told_apart(sources: Iterable[Section]) -> dict[int, str]:
    """Payload type → mid, of payload types that one section alone has: clients that write no mid send such."""
    found: dict[int, str | None] = {}
    for section in sources:
        for payload_type in {*section.pt_of.values(), *section.rtx_of.values()}:
            found[payload_type] = None if payload_type in found else section.mid
    return {payload_type: mid for payload_type, mid in found.items() if mid is not None}


def _layer_of(packet: bytes, header: RtpHeader, section: Section, *, repeated: bool) -> Layer | None:
    """The layer that a packet names; None without simulcast, and if it names none that was answered."""
    if not section.layers:
        return None
    value = extension(packet, header, section.ext.get("repaired_rid" if repeated else "rid", 0))
    name = value.decode("ascii", "replace") if value else ""
    return next((layer for layer in section.layers if layer == name), None)
