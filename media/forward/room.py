"""One room's media: who publishes what, and which packet goes to whom."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count
from random import Random

from contract.data import PointAt, Pointed, SlotSize, UseCodec
from contract.ids import LegId, PersonId, RecordingId, RoomId
from contract.media import Codec, Grants, Source
from contract.recording import GapReason
from media.forward.codec import choose
from media.forward.feedback import REPORT_S, report, request_keyframe, send_nack, send_pli, tell_arrivals
from media.forward.figures import Sampled, Sampler
from media.forward.filling import Filling
from media.forward.leg import Leg
from media.forward.passing import Passing
from media.forward.ports import LegPort, RoomEvents, TapSink
from media.forward.presence import Presence
from media.forward.publication import SILENCE_S, Publication
from media.forward.sections import Sections
from media.forward.tap import RoomTap
from media.forward.turns import next_turn
from media.plane.base import Plane
from media.plane.python import PythonPlane
from media.rtp.packet import RtpHeader, extension, parse_header
from media.rtp.rtcp import ReceiverReport, Remb, parse_rtcp
from media.rtp.speakers import level_dbov

MOST_REPORTS = 16
"""Legs a tick, or an eighth of the room: some 50 µs each."""
ALIVE_S = 0.5
"""A client heard of so long after a source's last packet stopped that source itself."""


class MediaRoom:
    """No sockets, no clock: packets and times come in by calls, packets go out through each leg's port.

    `now` is monotonic seconds, `wall_ns` UTC nanoseconds. Call `tick` about every 50 ms.
    """

    def __init__(
        self,
        room: RoomId,
        *,
        events: RoomEvents,
        video_codecs: Sequence[Codec] = (Codec.VP8,),
        seed: int,
        plane: Plane | None = None,
    ) -> None:
        """Of `video_codecs` the first that everybody can receive is used. `seed` starts the numbers of streams."""
        self.room = room
        self.codec = Codec.VP8
        """What publishers are told to use."""
        self._wished = video_codecs
        self._random = Random(seed)
        self._plane = plane or PythonPlane()
        self._forward = self._plane.forward
        self._numbers = count(1)
        self._count: Counter[str] = Counter()
        self._here = Presence(events)
        self._legs = self._here.legs
        self._feedback = self._here.feedback
        self._speakers = self._here.speakers
        self._spoke: frozenset[PersonId] = frozenset()
        self._tap = RoomTap(room)
        self._filling = Filling(self._here, self._tap, self._plane, self._count)
        self._passing = Passing(self._here, self._tap, self._plane, self._count, self.on_rtp)
        self._sampler = Sampler()
        self._paced: list[Leg] = []
        """Legs whose pictures are spread: let go with every packet, and with every tick."""
        self._regranted = False
        """A leg came with other grants than its participant had, and slots are not settled by them yet."""
        self._left = False
        """Somebody is gone, and slots are not settled without him yet."""
        self._given_up = self._lost = 0
        """Packets that never came, and those that were lost on the way at first; of legs that are gone."""

    # --- who is here ----------------------------------------------------------------------------------------------

    def add_leg(
        self, leg: LegPort, sections: Sections, grants: Grants, *, host: bool, now: float, low_delay: bool = False
    ) -> None:
        """A PeerConnection is up (DTLS done). Its slots stay empty until `leg_ready`.

        With `low_delay` its camera is shown to everybody without waiting for smoothness.
        """
        before = self._here.members.get(leg.participant)
        self._regranted |= before is not None and (before.grants, before.host) != (grants, host)
        member = self._here.member(leg.participant, grants, host=host)
        added = Leg(
            leg,
            sections,
            member,
            self._random,
            self._next_number,
            self._tell_begun,
            numbering=self._plane.number(leg.handle) if sections.numbered else None,
            low_delay=low_delay,
        )
        added.report_due = now
        self._here.add(added)
        self._pick_codec()

    def remove_leg(self, leg_id: LegId, wall_ns: int, *, lost: GapReason | None = None) -> None:
        """The leg is gone, `lost` if nobody wished it; unknown ids are ignored. The others' slots are settled with the
        next tick: a whole class that leaves at once costs that once."""
        leg = self._here.remove(leg_id)
        if leg is None:
            return
        leg.let_go()
        self._paced = [paced for paced in self._paced if paced is not leg]
        for publication in leg.publications.values():
            publication.live, publication.lost = False, publication.lost or lost
            self._tap.end(publication, wall_ns)
            self._given_up += publication.nack.given_up
            self._lost += publication.reception.lost
        self._pick_codec()
        self._left = True

    def set_grants(self, participant: PersonId, grants: Grants, *, host: bool, now: float, wall_ns: int) -> None:
        """For every leg of the participant that is here; takes effect with the next packet."""
        member = self._here.members.get(participant)
        if member is None:
            return
        member.grants, member.host = grants, host
        self._settle(now, wall_ns)

    def leg_ready(self, leg_id: LegId, now: float, wall_ns: int) -> None:
        """The client said `ready` on its data channel: fill its slots."""
        leg = self._legs.get(leg_id)
        if leg is None or leg.ready:
            return
        leg.ready = True
        self._sampler.began(leg, now)
        if leg.sections.sources:
            leg.port.send_data(UseCodec(video=self.codec))
        if self._regranted or self._left:
            self._settle(now, wall_ns)
        else:
            self._filling.welcome(leg, now, wall_ns)

    def _settle(self, now: float, wall_ns: int) -> None:
        self._regranted = self._left = False
        self._filling.refill(now, wall_ns)

    @property
    def empty(self) -> bool:
        return not self._legs

    def _next_number(self) -> int:
        return next(self._numbers)

    def _pick_codec(self) -> None:
        codec = choose(self._wished, (leg.sections.video_codecs for leg in self._legs.values()))
        if codec is self.codec:
            return
        self.codec = codec
        for leg in self._legs.values():
            if leg.ready and leg.sections.sources:
                leg.port.send_data(UseCodec(video=codec))

    # --- packets --------------------------------------------------------------------------------------------------

    def on_rtp(self, leg_id: LegId, packet: bytes, now: float, wall_ns: int) -> None:
        """One plaintext RTP packet of a leg. Malformed ones are counted and dropped."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        counted = self._count
        counted["packets_in"] += 1
        leg.sends = True
        try:
            header = parse_header(packet)
            if leg.numbers_by:
                number = extension(packet, header, leg.numbers_by)
                if number is not None and len(number) == 2:
                    leg.arrivals.on_packet(int.from_bytes(number), header.ssrc, now)
            publication = leg.of_packet(packet, header, now)
            if publication is None:
                counted["rtp_unknown_ssrc"] += 1
                return
            publication.shut()
            media = publication.receive(packet, header, now, wall_ns)
        except ValueError:
            counted["rtp_malformed"] += 1
            return
        if isinstance(media, str):
            counted[f"rtp_{media}"] += 1
            return
        if not publication.live and media.payload:
            publication.live = True
            publication.lost = None
            self._feedback.publishers(self._legs)
            self._settle(now, wall_ns)
        if not leg.member.grants.publish:
            counted["rtp_not_granted"] += 1
            publication.passed(media, now)
            return
        if publication.video:
            if publication.codec is not publication.forwarded_codec:
                self._codec_changed(publication, leg, now)
        else:
            self._hear(leg, publication, packet, header, now)
        if publication.waiting:
            publication.begin_waiting(media, now)
        thinned = publication.thinned
        kept = thinned.take(media, publication.newest) if thinned is not None else None
        targets = publication.targets
        if targets:
            self._forward(media, targets)
            counted["packets_out"] += len(targets)
        if thinned is not None and kept is not None:
            if thinned.targets:
                self._forward(kept, thinned.targets)
                counted["packets_out"] += len(thinned.targets)
            thinned.passed(kept, now)
        if publication.redundant:
            counted["packets_out"] += publication.redundant.send(media, publication.kept, self._forward)
        for paced in self._paced:
            paced.pace(now)
        publication.passed(media, now)
        self._tap.on_packet(publication, media, now, wall_ns)
        if publication.nack.waiting:
            send_nack(publication, leg, now)
        if not self._paced:
            self._passing.let(leg, publication)

    def on_rtcp(self, leg_id: LegId, data: bytes, now: float, wall_ns: int) -> None:
        """One plaintext RTCP datagram of a leg, compound or reduced size."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        try:
            packets = parse_rtcp(data)
        except ValueError:
            self._count["rtcp_malformed"] += 1
            return
        for packet in packets:
            self._feedback.act(leg, packet, now, wall_ns)

    def on_report(self, leg_id: LegId, report: ReceiverReport | Remb, now: float, wall_ns: int) -> None:
        """One that the plane took apart; it came at `now`, up to a tick ago."""
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._feedback.act(leg, report, now, wall_ns)

    def on_point(self, leg_id: LegId, point: PointAt, now: float, wall_ns: int) -> None:
        """The laser pointer of a leg: relayed to all others, and to the tap of who is recorded.

        More than 60 a second are dropped, and what points at somebody whom nobody sees.
        """
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        by, on = leg.member.participant, self._here.members.get(point.on)
        if not leg.member.grants.publish or on is None or not on.grants.publish or not leg.may_point(now):
            self._count["points_dropped"] += 1
            return
        pointed = Pointed(by=by, on=point.on, x=point.x, y=point.y)
        for other in self._legs.values():
            if other.ready and other.member.participant != by and other.member.grants.subscribe:
                other.port.send_data(pointed)
        if leg.member.grants.record:
            self._tap.on_point(by, point, wall_ns)

    def on_slot_size(self, leg_id: LegId, size: SlotSize) -> None:
        """A client says how large it shows a slot; counts with the next look at its link."""
        leg = self._legs.get(leg_id)
        for slot in [] if leg is None else leg.slots:
            if slot.section.mid == size.mid:
                slot.px = size.px

    def _codec_changed(self, publication: Publication, publisher: Leg, now: float) -> None:
        publication.forwarded_codec = publication.codec
        again = [slot.on_codec() for leg in self._legs.values() for slot in leg.slots if slot.current is publication]
        if any(again):
            request_keyframe(publication, publisher, now, first=False)

    def _hear(self, leg: Leg, publication: Publication, packet: bytes, header: RtpHeader, now: float) -> None:
        level_id = publication.section.ext.get("level", 0)
        if level_id and publication.source is Source.MICROPHONE:
            value = extension(packet, header, level_id)
            level = level_dbov(value) if value else None
            if level is not None:
                self._speakers.on_level(leg.member.participant, level, now)

    # --- slots ----------------------------------------------------------------------------------------------------

    def want_keyframes(self, now: float) -> None:
        """Somebody will watch in a moment: ask for what a slot begins with, also of those who are not granted yet."""
        for leg in self._legs.values():
            for publication in leg.publications.values():
                if publication.live:
                    request_keyframe(publication, leg, now, first=True)

    def _tell_begun(self, leg: Leg) -> None:
        leg.report_due = 0.0
        leg.tell()

    # --- time -----------------------------------------------------------------------------------------------------

    def tick(self, now: float, wall_ns: int) -> None:
        """Retries, keyframe requests, silences, reports."""
        ended = False
        self._paced = [leg for leg in self._legs.values() if leg.numbering is not None and leg.pace(now)]
        if self._paced:
            self._here.take_back()
        sending = [leg for leg in self._legs.values() if leg.sends]
        for leg in sending:
            for publication in leg.publications.values():
                publication.settle()
        for leg in sending:
            tell_arrivals(leg, now)
            for publication in leg.publications.values():
                silence_s = leg.silence_s(publication, now)
                if publication.live and now - publication.last_at > silence_s:
                    publication.live = False
                    # A client that is heard of stopped it; of one that is not heard of nobody knows.
                    gone = leg.port.heard_at < publication.last_at + ALIVE_S
                    # So does nobody a layer beside which another one goes on: the uplink became too thin for it.
                    thin = silence_s < SILENCE_S
                    publication.lost = GapReason.NETWORK if gone or thin else None
                    ended = True
                if publication.nack.waiting:
                    send_nack(publication, leg, now)
                if publication.keyframe_due(now, granted=leg.member.grants.publish):
                    send_pli(publication, leg)
        self._tap.tick(now, wall_ns)
        for publication in self._tap.wanting():
            self._here.want(publication, now, first=False)
        speaking = self._speakers.all_speaking(now)
        if ended or self._left or speaking != self._spoke:
            self._spoke = speaking
            self._settle(now, wall_ns)
        self._filling.look(now)
        self._report(now, wall_ns)

    def _report(self, now: float, wall_ns: int) -> None:
        """Those whose turn it is, and those for whom something changed, hear from us; not a whole crowd in one tick."""
        due = [leg for leg in self._legs.values() if now >= leg.report_due]
        watchers = self._watchers(self._legs.values()) if any(leg.sends for leg in due) else {}
        for leg in due[: max(MOST_REPORTS, len(self._legs) // 8)]:
            leg.settle_sound(now)
            leg.report_due = next_turn(leg.turn, REPORT_S, now)
            report(leg, watchers, now, wall_ns)

    def _watchers(self, legs: Iterable[Leg]) -> dict[int, list[Leg]]:
        """Who gets a picture that must suit the narrowest of their links: one that is not sent in layers."""
        watchers: dict[int, list[Leg]] = {}
        for leg in legs:
            for slot in leg.slots:
                if slot.video and slot.current is not None and (slot.current.layer is None or not self._filling.shared):
                    watchers.setdefault(slot.current.number, []).append(leg)
        return watchers

    # --- recording ------------------------------------------------------------------------------------------------

    def record(self, recording: RecordingId | None, now: float, wall_ns: int, *, epoch: int = 0) -> None:
        """Start tapping as this recording, for the owner of the room since `epoch`, or stop."""
        self._tap.start(recording, epoch, wall_ns)
        self._settle(now, wall_ns)
        self.want_recorded(now)

    def tap_connected(self, sink: TapSink, now: float, wall_ns: int) -> None:
        """The tap link is up (again): announce everything and ask for keyframes."""
        self._tap.connect(sink, wall_ns)
        self._here.take_back()
        self.want_recorded(now)

    def tap_lost(self) -> None:
        """The tap link is down: nothing can be recorded until it is back."""
        self._tap.disconnect()

    def want_recorded(self, now: float) -> None:
        """Ask for keyframes of all that is recorded."""
        if self._tap.recording is not None:
            for layers in self._here.active.values():
                self._here.want(layers[-1], now, first=False)

    @property
    def recording(self) -> RecordingId | None:
        return self._tap.recording

    def figures(self, now: float) -> list[Sampled]:
        """How well media goes over the legs whose sample is due; ask with every tick."""
        return self._sampler.take(self._legs, now)

    @property
    def counters(self) -> dict[str, int]:
        """Packets in, out and dropped by reason since the room began; keys `packets_in`, `packets_out`, else drops."""
        given_up = self._given_up + sum(
            publication.nack.given_up for leg in self._legs.values() for publication in leg.publications.values()
        )
        lost = self._lost + sum(
            publication.reception.lost for leg in self._legs.values() for publication in leg.publications.values()
        )
        return {
            **self._count,
            "packets_lost": lost,
            "packets_repeated": self._feedback.repeats,
            "packets_given_up": given_up,
            "tap_frames": self._tap.frames_dropped,
        }
