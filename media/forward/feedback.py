"""RTCP of a leg, terminated: what it says is acted upon here, what it hears is our own."""

from contract.ids import LegId
from media.forward.leg import Leg
from media.forward.publication import Publication
from media.forward.slot import Slot
from media.rtp.bandwidth import CAP_BPS, publisher_bps
from media.rtp.clock import ntp_from_wall
from media.rtp.reports import round_trip_s
from media.rtp.rtcp import (
    Bye,
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    ReportBlock,
    Rtcp,
    SenderReport,
    pack_rtcp,
)
from media.rtp.transport_cc import TransportFeedback

OUR_SSRC = 1
"""Sender of our feedback: we publish nothing under it."""
REPORT_S = 1.0
MAX_REPEATS = 256
"""Packets one NACK may ask for."""


def request_keyframe(publication: Publication, publisher: Leg, now: float, *, first: bool) -> None:
    """Ask the publisher, if the throttle lets us."""
    if publication.request_keyframe(now, first=first):
        send_pli(publication, publisher)


def send_pli(publication: Publication, publisher: Leg) -> None:
    publication.plis += 1
    publisher.port.send_rtcp(pack_rtcp(Pli(OUR_SSRC, publication.ssrc)))


def send_nack(publication: Publication, publisher: Leg, now: float) -> None:
    """Ask for what is missing, if it is time."""
    lost = publication.missing(now, publisher.rtt_s)
    if lost:
        publication.nacks += len(lost)
        publisher.port.send_rtcp(pack_rtcp(Nack(OUR_SSRC, publication.ssrc, tuple(lost))))


def tell_arrivals(publisher: Leg, now: float) -> None:
    """Which of its packets came, and when, if it is time: from that the publisher sees how full its own link is."""
    for feedback in publisher.arrivals.feedback(OUR_SSRC, now):
        publisher.port.send_rtcp(pack_rtcp(feedback))


class Feedback:
    """Acts on the RTCP of a room's legs; call `publishers` whenever legs or their publications changed."""

    def __init__(self) -> None:
        self.repeats = 0
        """Packets sent again."""
        self._publishers: dict[int, Leg] = {}

    def publishers(self, legs: dict[LegId, Leg]) -> None:
        """The legs changed."""
        self._publishers = {
            publication.number: leg for leg in legs.values() for publication in leg.publications.values()
        }

    def _hurry(self, watcher: Leg) -> None:
        """Who is seen by `watcher` hears with the next tick how much it may send."""
        for slot in watcher.slots:
            publisher = self._publishers.get(slot.current.number) if slot.current is not None else None
            if slot.video and publisher is not None:
                publisher.report_due = 0.0

    def publisher_of(self, publication: Publication) -> Leg | None:
        return self._publishers.get(publication.number)

    def act(self, leg: Leg, packet: Rtcp, now: float, wall_ns: int) -> None:
        self._see_to_repairs(leg, now)
        match packet:
            case SenderReport(ssrc, ntp, rtp_ticks):
                publication = leg.of_ssrc(ssrc)
                if publication is not None:
                    publication.reception.on_sender_report(ntp, now)
                    publication.clock.on_report(ntp, rtp_ticks, wall_ns)
                self._blocks(leg, packet.blocks, now, wall_ns)
            case ReceiverReport(_, blocks):
                self._blocks(leg, blocks, now, wall_ns)
            case Nack(_, ssrc, lost):
                slot = leg.slot_of(ssrc)
                if slot is not None:
                    slot.nacks += len(lost)
                    if slot.repairs.on_nack(lost[:MAX_REPEATS]):
                        self._keyframe(slot, now)
                    most_bps = leg.estimate.repeat_bps()
                    self.repeats += sum(
                        slot.repeat(sequence, leg.rtt_s, now, most_bps) for sequence in lost[:MAX_REPEATS]
                    )
            case Pli(_, ssrc):
                self._asked_keyframe(leg, ssrc, now)
            case Fir(_, requests):
                for ssrc, _number in requests[:32]:
                    self._asked_keyframe(leg, ssrc, now)
            case Remb(_, bps, _):
                leg.estimate.on_remb(bps, now)
            case TransportFeedback(_, _, base, packets):
                if leg.numbering is not None:
                    leg.redundancy.heard(packets - len(packet.arrivals), packets)
                    leg.estimate.on_feedback(packet, leg.numbering.left(base, packets), now)
                    if leg.estimate.sending.draining:
                        leg.redundancy.forget()
                    if leg.estimate.fell(now):
                        leg.look_due = 0.0
                        self._hurry(leg)
            case Bye(ssrcs):
                for ssrc in ssrcs:
                    publication = leg.of_ssrc(ssrc)
                    if publication is not None:
                        publication.on_bye(now)

    def _see_to_repairs(self, leg: Leg, now: float) -> None:
        for slot in leg.slots:
            if slot.video and slot.repairs.hopeless(now):
                self._keyframe(slot, now)

    def _blocks(self, leg: Leg, blocks: tuple[ReportBlock, ...], now: float, wall_ns: int) -> None:
        for block in blocks:
            slot = leg.slot_of(block.ssrc)
            if slot is not None:
                if leg.numbering is None:
                    leg.redundancy.heard(*slot.lost_since(block))
                slot.reported = block
                slot.repairs.on_report(block.lost, now)
                rtt_s = round_trip_s(block, ntp_from_wall(wall_ns))
                if rtt_s is not None:
                    leg.rtt_s = rtt_s if not leg.rtt_s else leg.rtt_s + (rtt_s - leg.rtt_s) / 4

    def _asked_keyframe(self, leg: Leg, ssrc: int, now: float) -> None:
        slot = leg.slot_of(ssrc)
        if slot is not None:
            slot.plis += 1
            self._keyframe(slot, now)

    def _keyframe(self, slot: Slot, now: float) -> None:
        publication = slot.shown
        publisher = self.publisher_of(publication) if publication is not None else None
        if publication is not None and publisher is not None:
            request_keyframe(publication, publisher, now, first=False)


def report(leg: Leg, watchers: dict[int, list[Leg]], now: float, wall_ns: int) -> None:
    """What a leg hears once a second: a sender report per slot, a block per publication, how much it may send.

    `watchers` are the legs that get each publication's picture, by its number.
    """
    for slot in leg.slots:
        told = slot.sender_report(wall_ns)
        if told is not None:
            leg.port.send_rtcp(told)
    arriving = [publication for publication in leg.publications.values() if publication.reception.packets]
    if not arriving:
        return
    data = pack_rtcp(ReceiverReport(OUR_SSRC, tuple(publication.reception.block(now) for publication in arriving)))
    videos = [publication for publication in arriving if publication.video]
    if videos:
        bps = sum(
            publisher_bps(
                watcher.estimate.share_bps(watcher.videos(), now) for watcher in watchers.get(publication.number, ())
            )
            if publication.live
            else CAP_BPS
            for publication in videos
        )
        data += pack_rtcp(Remb(OUR_SSRC, bps, tuple(publication.ssrc for publication in videos)))
    leg.port.send_rtcp(data)
