"""One room's media: who publishes what, and which packet goes to whom."""

from collections import Counter
from collections.abc import Iterable
from itertools import count
from random import Random

from contract.data import PointAt, Pointed, Slots, UseCodec
from contract.ids import LegId, PersonId, RecordingId, RoomId
from contract.media import Codec, Grants, Source
from contract.recording import GapReason
from media.forward.allocation import Standing, floor, stage
from media.forward.feedback import REPORT_S, Feedback, report, request_keyframe, send_nack, send_pli, tell_arrivals
from media.forward.figures import Sampled, Sampler
from media.forward.leg import Leg, Member
from media.forward.ports import LegPort, RoomEvents, TapSink
from media.forward.publication import SILENCE_S, Publication
from media.forward.sections import Sections
from media.forward.slot import Slot
from media.forward.tap import RoomTap
from media.plane.base import Plane
from media.plane.python import PythonPlane
from media.rtp.packet import RtpHeader, extension, parse_header
from media.rtp.rtcp import parse_rtcp
from media.rtp.speakers import Speakers, level_dbov

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
        video_codec: Codec = Codec.VP8,
        seed: int,
        plane: Plane | None = None,
    ) -> None:
        """`video_codec` is used while everybody can receive it, VP8 otherwise. `seed` starts the numbers of streams."""
        self.room = room
        self.codec = Codec.VP8
        """What publishers are told to use."""
        self._events = events
        self._wish = video_codec
        self._random = Random(seed)
        self._plane = plane or PythonPlane()
        self._forward = self._plane.forward
        self._numbers = count(1)
        self._joined = count(1)
        self._members: dict[PersonId, Member] = {}
        self._legs: dict[LegId, Leg] = {}
        self._active: dict[tuple[PersonId, Source], Publication] = {}
        self._speakers: Speakers[PersonId] = Speakers()
        self._spoke: frozenset[PersonId] = frozenset()
        self._feedback = Feedback()
        self._tap = RoomTap(room)
        self._sampler = Sampler()
        self._paced: list[Leg] = []
        """Legs whose pictures are spread: let go with every packet, and with every tick."""
        self._count: Counter[str] = Counter()
        self._given_up = self._lost = 0
        """Packets that never came, and those that were lost on the way at first; of legs that are gone."""

    # --- who is here ----------------------------------------------------------------------------------------------

    def add_leg(
        self, leg: LegPort, sections: Sections, grants: Grants, *, host: bool, now: float, low_delay: bool = False
    ) -> None:
        """A PeerConnection is up (DTLS done). Its slots stay empty until `leg_ready`.

        With `low_delay` its camera is shown to everybody without waiting for smoothness.
        """
        member = self._member(leg.participant, grants, host=host)
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
        self._legs[leg.id] = added
        self._feedback.publishers(self._legs)
        self._pick_codec()

    def remove_leg(self, leg_id: LegId, now: float, wall_ns: int, *, lost: GapReason | None = None) -> None:
        """The leg is gone, `lost` if nobody wished it; unknown ids are ignored."""
        leg = self._legs.pop(leg_id, None)
        if leg is None:
            return
        leg.let_go()
        self._paced = [paced for paced in self._paced if paced is not leg]
        for publication in leg.publications.values():
            publication.live, publication.lost = False, publication.lost or lost
            self._given_up += publication.nack.given_up
            self._lost += publication.reception.lost
        self._feedback.publishers(self._legs)
        who = leg.member.participant
        if all(other.member is not leg.member for other in self._legs.values()):
            self._members.pop(who, None)
            self._speakers.forget(who)
        self._pick_codec()
        self._refill(now, wall_ns)

    def set_grants(self, participant: PersonId, grants: Grants, *, host: bool, now: float, wall_ns: int) -> None:
        """For every leg of the participant that is here; takes effect with the next packet."""
        member = self._members.get(participant)
        if member is None:
            return
        member.grants, member.host = grants, host
        self._refill(now, wall_ns)

    def leg_ready(self, leg_id: LegId, now: float, wall_ns: int) -> None:
        """The client said `ready` on its data channel: fill its slots."""
        leg = self._legs.get(leg_id)
        if leg is None or leg.ready:
            return
        leg.ready = True
        self._sampler.began(leg, now)
        if leg.sections.sources:
            leg.port.send_data(UseCodec(video=self.codec))
        self._refill(now, wall_ns)

    @property
    def empty(self) -> bool:
        return not self._legs

    def _member(self, participant: PersonId, grants: Grants, *, host: bool) -> Member:
        member = self._members.get(participant)
        if member is None:
            member = self._members[participant] = Member(participant, grants, host, next(self._joined))
        member.grants, member.host = grants, host
        return member

    def _next_number(self) -> int:
        return next(self._numbers)

    def _pick_codec(self) -> None:
        able = all(self._wish in leg.sections.video_codecs for leg in self._legs.values())
        codec = self._wish if able else Codec.VP8
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
            self._refill(now, wall_ns)
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
        targets = publication.targets
        if targets:
            self._forward(media, targets)
            counted["packets_out"] += len(targets)
        for paced in self._paced:
            paced.pace(now)
        publication.passed(media, now)
        self._tap.on_packet(publication, media, now, wall_ns)
        if publication.nack.waiting:
            send_nack(publication, leg, now)

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

    def on_point(self, leg_id: LegId, point: PointAt, now: float, wall_ns: int) -> None:
        """The laser pointer of a leg: relayed to all others and to the tap; more than 60 a second are dropped."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        by = leg.member.participant
        if not leg.member.grants.publish or point.on not in self._members or not leg.may_point(now):
            self._count["points_dropped"] += 1
            return
        pointed = Pointed(by=by, on=point.on, x=point.x, y=point.y)
        for other in self._legs.values():
            if other.ready and other.member.participant != by and other.member.grants.subscribe:
                other.port.send_data(pointed)
        self._tap.on_point(by, point, wall_ns)

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

    def _refill(self, now: float, wall_ns: int) -> None:
        """Who is live changed, or who may see whom: settle every slot anew."""
        self._settle_active()
        recorded = [
            publication for publication in self._active.values() if self._members[publication.participant].grants.record
        ]
        self._tap.follow(recorded, wall_ns)
        standings = self._standings(now)
        recent = self._speakers.ranked((who.participant for who in standings), now)
        for leg in self._legs.values():
            self._fill(leg, standings, recent, now)
            self._tell(leg)

    def want_keyframes(self, now: float) -> None:
        """Somebody will watch in a moment: ask for what a slot begins with, also of those who are not granted yet."""
        for leg in self._legs.values():
            for publication in leg.publications.values():
                if publication.live:
                    request_keyframe(publication, leg, now, first=True)

    def _settle_active(self) -> None:
        active: dict[tuple[PersonId, Source], Publication] = {}
        for leg in reversed(self._legs.values()):
            if not leg.member.grants.publish:
                continue
            for publication in leg.publications.values():
                key = (publication.participant, publication.source)
                if publication.live and key not in active:
                    active[key] = publication
        before, self._active = self._active, active
        for who, source in before.keys() - active.keys():
            self._events.publication_ended(who, source)
        for who, source in active.keys() - before.keys():
            self._events.publication_live(who, source)

    def _standings(self, now: float) -> list[Standing]:
        return [
            Standing(
                participant=who,
                host=member.host,
                speaking=self._speakers.speaking(who, now),
                shares=(who, Source.SCREEN) in self._active,
                speaks=(who, Source.MICROPHONE) in self._active,
            )
            for who, member in self._members.items()
            if member.grants.publish
        ]

    def _fill(self, leg: Leg, standings: list[Standing], recent: list[PersonId], now: float) -> None:
        who = leg.member.participant
        if not leg.ready or not leg.member.grants.subscribe:
            for slot in leg.slots:
                slot.fill(None)
            return
        others = [standing for standing in standings if standing.participant != who]
        leg.stage = stage(others, leg.stage, leg.pairs, recent=recent)
        leg.floor = floor(others, leg.stage, leg.floor, leg.floors, recent=recent)
        for number, seat in enumerate(leg.stage):
            for slot in leg.slots_at(stage=number):
                if seat is None:
                    slot.fill(None)
                    continue
                if seat.screen:
                    source = Source.SCREEN if slot.video else Source.SCREEN_SOUND
                else:
                    source = Source.CAMERA if slot.video else Source.MICROPHONE
                if slot.fill(self._active.get((seat.participant, source))) and not self._begin_late(slot, now):
                    self._want(slot.next, now, first=True)
        for number, speaker in enumerate(leg.floor):
            for slot in leg.slots_at(floor=number):
                slot.fill(self._active.get((speaker, Source.MICROPHONE)) if speaker is not None else None)

    def _begin_late(self, slot: Slot, now: float) -> bool:
        """Begin with a keyframe that has just come, and what came after it. Returns False if there is none."""
        publication = slot.next
        late = publication.since_keyframe(now) if publication is not None else []
        if publication is None or not late or not slot.begin(publication, late[0], publication.keyframe_at):
            return False
        publication.waiting.remove(slot)
        for media in late:
            self._forward(media, slot.alone)
        self._count["packets_out"] += len(late)
        self._plane.flush()  # nothing was read: nobody else says so
        return True

    def _want(self, publication: Publication | None, now: float, *, first: bool) -> None:
        publisher = self._feedback.publisher_of(publication) if publication is not None else None
        if publication is not None and publisher is not None:
            request_keyframe(publication, publisher, now, first=first)

    def _tell_begun(self, leg: Leg) -> None:
        leg.report_due = 0.0
        self._tell(leg)

    def _tell(self, leg: Leg) -> None:
        """Say what the slots carry, if that changed. A slot keeps its name until the next source really flows."""
        if not leg.ready:
            return
        fills = leg.fills()
        if fills == leg.told:
            return
        leg.told = fills
        leg.told_version += 1
        leg.port.send_data(Slots(ver=leg.told_version, slots=fills))

    # --- time -----------------------------------------------------------------------------------------------------

    def tick(self, now: float, wall_ns: int) -> None:
        """Retries, keyframe requests, silences, reports."""
        ended = False
        self._paced = [leg for leg in self._legs.values() if leg.pace(now)]
        for leg in self._legs.values():
            tell_arrivals(leg, now)
            if leg.numbering is not None:
                if leg.estimate.fell(now):
                    self._feedback.hurry(leg)
                leg.probe(now)
            for publication in leg.publications.values():
                if publication.live and now - publication.last_at > SILENCE_S:
                    publication.live = False
                    # A client that is heard of stopped it; of one that is not heard of nobody knows.
                    gone = leg.port.heard_at < publication.last_at + ALIVE_S
                    publication.lost = GapReason.NETWORK if gone else None
                    ended = True
                if publication.nack.waiting:
                    send_nack(publication, leg, now)
                if publication.keyframe_due(now):
                    send_pli(publication, leg)
        self._tap.tick(now, wall_ns)
        for publication in self._tap.wanting():
            self._want(publication, now, first=False)
        speaking = frozenset(who for who in self._members if self._speakers.speaking(who, now))
        if ended or speaking != self._spoke:
            self._spoke = speaking
            self._refill(now, wall_ns)
        due = [leg for leg in self._legs.values() if now >= leg.report_due]
        if due:
            watchers = self._watchers(self._legs.values())
            for leg in due:
                leg.report_due = now + REPORT_S
                report(leg, watchers, now, wall_ns)

    @staticmethod
    def _watchers(legs: Iterable[Leg]) -> dict[int, list[Leg]]:
        watchers: dict[int, list[Leg]] = {}
        for leg in legs:
            for slot in leg.slots:
                if slot.video and slot.current is not None:
                    watchers.setdefault(slot.current.number, []).append(leg)
        return watchers

    # --- recording ------------------------------------------------------------------------------------------------

    def record(self, recording: RecordingId | None, now: float, wall_ns: int, *, epoch: int = 0) -> None:
        """Start tapping as this recording, for the owner of the room since `epoch`, or stop."""
        self._tap.start(recording, epoch, wall_ns)
        self._refill(now, wall_ns)
        self.want_recorded(now)

    def tap_connected(self, sink: TapSink, now: float, wall_ns: int) -> None:
        """The tap link is up (again): announce everything and ask for keyframes."""
        self._tap.connect(sink, wall_ns)
        self.want_recorded(now)

    def tap_lost(self) -> None:
        """The tap link is down: nothing can be recorded until it is back."""
        self._tap.disconnect()

    def want_recorded(self, now: float) -> None:
        """Ask for keyframes of all that is recorded."""
        if self._tap.recording is not None:
            for publication in self._active.values():
                self._want(publication, now, first=False)

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
