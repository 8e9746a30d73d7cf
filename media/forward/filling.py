"""What the slots of a room show: who, in which layer, and which layers publishers must send for that."""

from collections import Counter

from contract.data import Slots, UseLayers
from contract.ids import LegId, PersonId
from contract.media import Layer, Source
from media.forward.allocation import Standing, floor, stage
from media.forward.leg import Leg
from media.forward.pictures import Picture
from media.forward.presence import Presence
from media.forward.publication import Publication
from media.forward.sending import Sending
from media.forward.slot import Slot
from media.forward.tap import RoomTap
from media.plane.base import Plane


class Filling:
    """Call `refill` when it changed who is live or who may see whom, `look` about twice a second for each leg."""

    def __init__(self, here: Presence, tap: RoomTap, plane: Plane, counted: Counter[str]) -> None:
        """`counted` is the room's: `packets_out` grows by what a slot begins late with."""
        self._here = here
        self._tap = tap
        self._plane = plane
        self._count = counted
        self.shared = False
        """Whether cameras come in layers, as was found when it was looked last."""

    def refill(self, now: float, wall_ns: int) -> None:
        """Settle every slot anew."""
        here = self._here
        self.shared = here.shared
        here.settle()
        recorded = [layers[-1] for (who, _), layers in here.active.items() if here.members[who].grants.record]
        self._tap.follow(recorded, wall_ns)
        standings = here.standings(now)
        recent = here.speakers.ranked((who.participant for who in standings), now)
        for leg in here.legs.values():
            self._fill(leg, standings, recent, now)
            self.tell(leg)
        self.ask_layers(now)

    def look(self, now: float) -> None:
        """Settle anew what depends on links and sizes only."""
        self.shared = self._here.shared
        if self.shared:
            for leg in self._here.legs.values():
                if leg.ready and leg.member.grants.subscribe:
                    self._fill_pictures(leg, now)
                    self.tell(leg)
        self.ask_layers(now)

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
        return self._here.active.get(shown, []) if shown is not None else []

    def _fill_pictures(self, leg: Leg, now: float) -> None:
        """Every picture of a leg in the layer that its link can carry; screens are the more important ones."""
        pictures = []
        for slot in leg.slots:
            if slot.video:
                sources = self._sources(leg, slot)
                if sources:
                    publisher = self._here.feedback.publisher_of(sources[0])
                    pictures.append(Picture(slot, sources, publisher.sending if publisher else Sending(), now))
                else:
                    slot.layer = None
                    slot.fill(None)
        pictures.sort(key=lambda picture: picture.key[1] is not Source.SCREEN)
        if self.shared:
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
                self._here.want(slot.next, now, first=True)

    def ask_layers(self, now: float) -> None:
        """Every publisher sends the layers that some slot shows or waits for, the recorder's, and never none."""
        wanted: dict[LegId, set[Layer]] = {}
        for leg in self._here.legs.values():
            for slot in leg.slots:
                shown = slot.current or slot.next
                publisher = self._here.feedback.publisher_of(shown) if shown is not None else None
                if publisher is not None:
                    of_slot = slot.layer, *(one.layer for one in (slot.current, slot.next) if one is not None)
                    wanted.setdefault(publisher.port.id, set()).update(layer for layer in of_slot if layer)
        for leg in self._here.legs.values():
            offered = next((section.layers for section in leg.sections.sources if section.layers), ())
            if not offered or not leg.ready or not leg.member.grants.publish:
                continue
            layers = wanted.get(leg.port.id, set())
            if not self.shared or (self._tap.recording is not None and leg.member.grants.record):
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
            self._plane.forward(media, slot.alone)
        self._count["packets_out"] += len(late)
        self._plane.flush()  # nothing was read: nobody else says so
        return True

    def tell(self, leg: Leg) -> None:
        """Say what the slots carry, if that changed. A slot keeps its name until the next source really flows."""
        if not leg.ready:
            return
        fills = leg.fills()
        if fills == leg.told:
            return
        leg.told = fills
        leg.told_version += 1
        leg.port.send_data(Slots(ver=leg.told_version, slots=fills))
