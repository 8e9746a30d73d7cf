"""One room's media: who publishes what, and which packet goes to whom."""

from collections import Counter
from collections.abc import Iterable
from itertools import count
from random import Random

from contract.data import PointAt, Pointed, Slots, SlotSize, UseCodec, UseLayers
from contract.ids import LegId, PersonId, RecordingId, RoomId
from contract.media import Codec, Grants, Layer, Source
from contract.recording import GapReason
from media.forward.allocation import Standing, floor, stage
from media.forward.feedback import REPORT_S, Feedback, report, request_keyframe, send_nack, send_pli, tell_arrivals
from media.forward.figures import Sampled, Sampler
from media.forward.leg import Leg, Member
from media.forward.pictures import Picture
from media.forward.ports import LegPort, RoomEvents, TapSink
from media.forward.publication import SILENCE_S, Publication
from media.forward.sections import Sections
from media.forward.sending import Sending
from media.forward.slot import Slot
from media.forward.tap import RoomTap
from media.plane.base import Plane
from media.plane.python import PythonPlane
from media.rtp.packet import RtpHeader, extension, parse_header
from media.rtp.rtcp import parse_rtcp
from media.rtp.speakers import Speakers, level_dbov

SHARED_FROM = 3
"""From so many on, a camera is sent in layers; with two there is nobody whose link is not the other's own."""
LAYERS_S = 0.5
"""Between two looks at what every link carries."""
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
        self._active: dict[tuple[PersonId, Source], list[Publication]] = {}
        """What is live, all layers of it, smallest first."""
        self._shared = False
        self._layers_due = 0.0
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

    def _refill(self, now: float, wall_ns: int) -> None:
        """Who is live changed, or who may see whom: settle every slot anew."""
        self._shared = self._is_shared()
        self._settle_active()
        recorded = [layers[-1] for (who, _), layers in self._active.items() if self._members[who].grants.record]
        self._tap.follow(recorded, wall_ns)
        standings = self._standings(now)
        recent = self._speakers.ranked((who.participant for who in standings), now)
        for leg in self._legs.values():
            self._fill(leg, standings, recent, now)
            self._tell(leg)
        self._ask_layers(now)

    def want_keyframes(self, now: float) -> None:
        """Somebody will watch in a moment: ask for what a slot begins with, also of those who are not granted yet."""
        for leg in self._legs.values():
            for publication in leg.publications.values():
                if publication.live:
                    request_keyframe(publication, leg, now, first=True)

    def _settle_active(self) -> None:
        active: dict[tuple[PersonId, Source], list[Publication]] = {}
        for leg in reversed(self._legs.values()):
            if not leg.member.grants.publish:
                continue
            for section in leg.sections.sources:
                live = [one for one in leg.publications.values() if one.live and one.section is section]
                key = (leg.member.participant, live[0].source) if live else None
                if key is not None and key not in active:
                    active[key] = sorted(live, key=_rank)
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
        for slot in leg.slots:
            if not slot.video:
                sound = self._sources(leg, slot)
                slot.fill(sound[0] if sound else None)
        self._fill_pictures(leg, now)

    def _sources(self, leg: Leg, slot: Slot) -> list[Publication]:
        shown = leg.shows(slot)
        return self._active.get(shown, []) if shown is not None else []

    def _fill_pictures(self, leg: Leg, now: float) -> None:
        """Every picture of a leg in the layer that its link can carry; screens are the more important ones."""
        pictures = []
        for slot in leg.slots:
            if slot.video:
                sources = self._sources(leg, slot)
                if sources:
                    publisher = self._feedback.publisher_of(sources[0])
                    pictures.append(Picture(slot, sources, publisher.sending if publisher else Sending(), now))
                else:
                    slot.layer = None
                    slot.fill(None)
        pictures.sort(key=lambda picture: picture.key[1] is not Source.SCREEN)
        if self._shared:
            voices = sum(1 for slot in leg.slots if not slot.video and slot.current is not None)
            carried = leg.pictures.choose(pictures, budget_bps=leg.estimate.pictures_bps(voices), now=now)
        else:
            leg.pictures.all_full(pictures)
            carried = [True] * len(pictures)
        for picture, fits in zip(pictures, carried, strict=True):
            slot = picture.slot
            if not fits:
                slot.layer = None
                slot.pause(picture.sources[0])
            elif slot.fill(picture.source) and not self._begin_late(slot, now):
                self._want(slot.next, now, first=True)

    def _is_shared(self) -> bool:
        here = [member for member in self._members.values() if member.grants.publish or member.grants.subscribe]
        return len(here) >= SHARED_FROM

    def _ask_layers(self, now: float) -> None:
        """Every publisher sends the layers that some slot shows or waits for, the recorder's, and never none."""
        wanted: dict[LegId, set[Layer]] = {}
        for leg in self._legs.values():
            for slot in leg.slots:
                shown = slot.current or slot.next
                publisher = self._feedback.publisher_of(shown) if shown is not None else None
                if publisher is not None:
                    of_slot = slot.layer, *(one.layer for one in (slot.current, slot.next) if one is not None)
                    wanted.setdefault(publisher.port.id, set()).update(layer for layer in of_slot if layer)
        for leg in self._legs.values():
            offered = next((section.layers for section in leg.sections.sources if section.layers), ())
            if not offered or not leg.ready or not leg.member.grants.publish:
                continue
            layers = wanted.get(leg.port.id, set())
            if not self._shared or (self._tap.recording is not None and leg.member.grants.record):
                layers.add(offered[-1])
            if leg.sending.want(frozenset(layers), now, least=offered[0]):
                leg.port.send_data(UseLayers(layers=[layer for layer in offered if layer in leg.sending.layers]))

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
                if publication.keyframe_due(now):
                    send_pli(publication, leg)
        self._tap.tick(now, wall_ns)
        for publication in self._tap.wanting():
            self._want(publication, now, first=False)
        speaking = frozenset(who for who in self._members if self._speakers.speaking(who, now))
        if ended or speaking != self._spoke:
            self._spoke = speaking
            self._refill(now, wall_ns)
        if now >= self._layers_due:
            self._layers_due = now + LAYERS_S
            self._shared = self._is_shared()
            if self._shared:
                for leg in self._legs.values():
                    if leg.ready and leg.member.grants.subscribe:
                        self._fill_pictures(leg, now)
                        self._tell(leg)
            self._ask_layers(now)
        due = [leg for leg in self._legs.values() if now >= leg.report_due]
        if due:
            watchers = self._watchers(self._legs.values())
            for leg in due:
                leg.report_due = now + REPORT_S
                report(leg, watchers, now, wall_ns)

    def _watchers(self, legs: Iterable[Leg]) -> dict[int, list[Leg]]:
        """Who gets a picture that must suit the narrowest of their links: one that is not sent in layers."""
        watchers: dict[int, list[Leg]] = {}
        for leg in legs:
            for slot in leg.slots:
                if slot.video and slot.current is not None and (slot.current.layer is None or not self._shared):
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
            for layers in self._active.values():
                self._want(layers[-1], now, first=False)

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


def _rank(publication: Publication) -> int:
    """Where its layer is among those of its section."""
    return publication.section.layers.index(publication.layer) if publication.layer is not None else 0
