"""What the slots of a room show: who, in which layer, and which layers publishers must send for that."""

from collections import Counter

from contract.data import UseLayers
from contract.ids import LegId
from contract.media import Layer, Source
from media.forward.allocation import Order
from media.forward.leg import Leg
from media.forward.pictures import Picture, Supply
from media.forward.presence import Presence
from media.forward.publication import Publication
from media.forward.sending import Sending
from media.forward.slot import Slot
from media.forward.tap import RoomTap
from media.forward.turns import next_turn
from media.plane.base import Plane

LOOK_S = 0.5
"""Between two looks at what a link carries."""
UNMEASURED_S = 1.0
"""Where that is not measured nothing changes but the sizes of pictures."""


class Filling:
    """Call `refill` when it changed who is live or who may see whom, `look` with every tick."""

    def __init__(self, here: Presence, tap: RoomTap, plane: Plane, counted: Counter[str]) -> None:
        """`counted` is the room's: `packets_out` grows by what a slot begins late with."""
        self._here = here
        self._tap = tap
        self._plane = plane
        self._count = counted
        self._ask_due = 0.0
        self._supplies: dict[int, Supply] = {}
        self._supplied_at = 0.0
        self.shared = False
        """Whether cameras come in layers, as was found when it was looked last."""

    def refill(self, now: float, wall_ns: int) -> None:
        """Settle every slot anew."""
        here = self._here
        here.take_back()
        self.shared = here.shared
        here.settle()
        recorded = [layers[-1] for (who, _), layers in here.active.items() if here.members[who].grants.record]
        self._tap.follow(recorded, wall_ns)
        order = here.order(now)
        for leg in here.legs.values():
            self._fill(leg, order, now)
            leg.tell()
            self._note(leg)
        self._ask_layers(now)

    def welcome(self, leg: Leg, now: float, wall_ns: int) -> None:
        """Settle the slots of one who is ready now. Nobody else's show anything else by that: they do once something of
        the newcomer is live, or a grant changed, and both come to `refill`."""
        here = self._here
        if here.shared is not self.shared:
            self.refill(now, wall_ns)
            return
        self._fill(leg, here.order(now), now)
        leg.tell()
        self._note(leg)
        self._ask_layers(now)

    def look(self, now: float) -> None:
        """Settle anew what depends on links and sizes only, of the legs whose turn it is."""
        self.shared = self._here.shared
        for leg in self._here.legs.values():
            if now >= leg.look_due:
                every_s = UNMEASURED_S if leg.numbering is None else LOOK_S
                leg.look_due = next_turn(leg.turn, every_s, now)
                leg.probe(now)
                if self.shared and leg.ready and leg.member.grants.subscribe:
                    self._fill_pictures(leg, now)
                    leg.tell()
                self._note(leg)
        if now >= self._ask_due:
            self._ask_layers(now)

    def _fill(self, leg: Leg, order: Order, now: float) -> None:
        who = leg.member.participant
        if not leg.ready or not leg.member.grants.subscribe:
            for slot in leg.slots:
                slot.fill(None)
            return
        leg.stage = order.stage(who, leg.stage, leg.pairs)
        leg.floor = order.floor(who, leg.stage, leg.floor, leg.floors)
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
                    pictures.append(Picture(slot, self._supply(sources, now)))
                else:
                    slot.layer = None
                    slot.fill(None)
        pictures.sort(key=lambda picture: picture.supply.key[1] is not Source.SCREEN)
        if self.shared:
            voices = sum(1 for slot in leg.slots if not slot.video and slot.current is not None)
            budget_bps = leg.estimate.pictures_bps(voices)
            carried = leg.pictures.choose(pictures, budget_bps=budget_bps, now=now)
        else:
            budget_bps = None
            leg.pictures.all_full(pictures)
            carried = [True] * len(pictures)
        for picture, fits in zip(pictures, carried, strict=True):
            slot = picture.slot
            if not fits:
                slot.layer = None
                slot.pause(picture.supply.sources[0])
                continue
            source = picture.source
            slot.begins_thin = picture.thin
            if slot.fill(source) and not self._begin_late(slot, now):
                self._here.want(slot.next, now, first=True)
            if budget_bps is not None and slot.next is source and picture.floods(budget_bps):
                slot.stop()
            if slot.current is source and slot.thin(now, thin=picture.thin):
                self._here.want(source, now, first=False)

    def _supply(self, sources: list[Publication], now: float) -> Supply:
        """The same for all who watch: found out once a tick."""
        if now != self._supplied_at:
            self._supplied_at = now
            self._supplies.clear()
        number = sources[0].number
        supply = self._supplies.get(number)
        if supply is None or supply.sources is not sources:
            publisher = self._here.feedback.publisher_of(sources[0])
            supply = self._supplies[number] = Supply(sources, publisher.sending if publisher else Sending(), now)
        return supply

    def _note(self, leg: Leg) -> None:
        """What a leg wants of others; if that is something else than before, they hear of it with this tick."""
        wants: set[tuple[LegId, Layer]] = set()
        for slot in leg.slots:
            shown = slot.current or slot.next
            publisher = self._here.feedback.publisher_of(shown) if shown is not None and slot.video else None
            if publisher is not None:
                of_slot = slot.layer, *(one.layer for one in (slot.current, slot.next) if one is not None)
                wants.update((publisher.port.id, layer) for layer in of_slot if layer)
        if wants != leg.wants:
            leg.wants = frozenset(wants)
            self._ask_due = 0.0

    def _ask_layers(self, now: float) -> None:
        """Every publisher sends the layers that some slot shows or waits for, the recorder's, and never none."""
        self._ask_due = now + LOOK_S
        wanted: dict[LegId, set[Layer]] = {}
        for publisher, layer in frozenset().union(*(leg.wants for leg in self._here.legs.values())):
            wanted.setdefault(publisher, set()).add(layer)
        for leg in self._here.legs.values():
            offered = leg.offered
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
