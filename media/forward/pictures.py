"""The pictures of one subscriber: what each can be had in, and which layer it gets."""

from collections.abc import Sequence
from functools import partial

from contract.ids import PersonId
from contract.media import LAYER_BPS, SHRUNK, Layer, Source
from media.forward.layers import HOPELESS, Ladder, Offer, Wish, allocate, spare, wanted, whole
from media.forward.publication import Publication
from media.forward.sending import Sending
from media.forward.slot import Slot
from media.rtp.bandwidth import FLOOR_BPS

CAMERA_PX = 720
"""What a camera is taken to send while nothing says otherwise."""
FLOWS_S = 0.3
"""A layer of which nothing came for longer may have stopped: its rate is of a window that has a hole.
A camera in the dark sends five pictures a second."""
_STEP = {layer: step for step, layer in enumerate(Layer)}


class Supply:
    """What a camera or a screen can be had in at one moment, by all who watch it: `sources` are its live layers,
    smallest first, or one picture alone."""

    def __init__(self, sources: Sequence[Publication], sending: Sending, now: float) -> None:
        """`sending` says which layers its publisher sends."""
        self.sources = sources
        first = sources[0]
        self.key: tuple[PersonId, Source] = first.participant, first.source
        offered = first.section.layers
        here = {source.layer for source in sources if source.layer is not None}
        for layer in here:
            sending.came(layer)
        had = [layer for layer in offered if layer in here or sending.comes(layer, now)]
        self.layers = [min(had, key=partial(_distance, layer)) for layer in offered]
        """For each that was answered the one that serves for it: a sender may not make all of them."""
        self.offers = self._offers(sending, now)
        """What each layer would take: what it does take where it flows, else what it took lately, else the most that it
        may. Who counts the most for a smallest layer that nobody watches shows no picture where it would fit."""

    def _offers(self, sending: Sending, now: float) -> list[Offer]:
        if not self.layers:
            # Its sender can make it so small for everybody (REMB), and does not have to while nobody needs it.
            return [Offer(CAMERA_PX, min(FLOOR_BPS, self.sources[-1].rate.bps(now) or FLOOR_BPS))]
        of = {source.layer: source for source in self.sources}
        camera_px = max(SHRUNK[one.layer] * one.px for one in self.sources if one.layer) or CAMERA_PX
        offers = []
        for layer in self.layers:
            rate_bps = of[layer].rate.bps(now) if layer in of else None
            upper_bps = of[layer].upper_rate.bps(now) if layer in of else None
            if rate_bps and now - of[layer].last_at < FLOWS_S:
                sending.takes(layer, rate_bps, upper_bps or 0, now)
            took_bps, took_upper_bps = sending.took(layer, now)
            bps = min(LAYER_BPS[layer], took_bps)
            upper_bps = min(took_upper_bps, bps)
            offers.append(Offer(camera_px // SHRUNK[layer], bps - upper_bps, upper_bps))
        return offers


class Picture:
    """What one video slot shows."""

    def __init__(self, slot: Slot, supply: Supply) -> None:
        self.slot = slot
        self.supply = supply
        self.thin = False
        """Its upper temporal layers are to be left out."""

    def give(self, at: int, *, whole: bool = True) -> None:
        """Its slot shall come in the layer with this number, with all temporal layers if `whole`."""
        self.thin = not whole
        self.slot.layer = self.supply.layers[at] if self.supply.layers else None

    @property
    def source(self) -> Publication:
        """What to fill the slot with until its layer is here: what flows, else the nearest."""
        layer, current, sources = self.slot.layer, self.slot.current, self.supply.sources
        by_layer = {source.layer: source for source in sources}
        if layer in by_layer:
            return by_layer[layer]
        if current is not None and current in sources:
            return current
        return min(sources, key=lambda one: _distance(layer, one.layer) if layer and one.layer else (0, False))

    def floods(self, budget_bps: int) -> bool:
        """Whether what still flows, until a keyframe of its layer comes, leaves no room for the sound: to stand still
        for a moment is better."""
        current, supply = self.slot.current, self.supply
        if current is None or current.layer not in supply.layers:
            return False
        offer = supply.offers[supply.layers.index(current.layer)]
        return budget_bps < HOPELESS * (offer.bps + offer.upper_bps)


def _distance(wanted: Layer, other: Layer) -> tuple[int, bool]:
    """How far a layer is from the wanted one; of two that are as far the larger is nearer."""
    steps = _STEP[other] - _STEP[wanted]
    return abs(steps), steps < 0


class Pictures:
    """One subscriber's. Ask `choose` about twice a second and whenever its slots change."""

    def __init__(self) -> None:
        self._ladders: dict[tuple[PersonId, Source], Ladder] = {}
        self._uppers: dict[tuple[PersonId, Source], Ladder] = {}
        """Of two steps each: without the upper temporal layers, and with them."""

    def choose(self, pictures: Sequence[Picture], *, budget_bps: int | None, now: float) -> list[bool]:
        """Give every picture, the most important first, its layer; False where there is no room for any.

        `budget_bps` is for all of them together; None while no limit of the link is known.
        """
        keys = [picture.supply.key for picture in pictures]
        self._ladders = {key: self._ladders.get(key) or Ladder() for key in keys}
        self._uppers = {key: self._uppers.get(key) or Ladder() for key in keys}
        wishes, tops = [], []
        for picture, ladder in zip(pictures, self._ladders.values(), strict=True):
            offers = picture.supply.offers
            top = wanted(offers, picture.slot.px)
            tops.append(top)
            wishes.append(Wish(offers, picture.slot.px, ladder.given, ladder.most(top, now)))
        allocated = allocate(wishes, budget_bps)
        shown = spare(list(self._ladders.values()), wishes, allocated, budget_bps, now)
        ladders, uppers = self._ladders.values(), self._uppers.values()
        for ladder, at, top in zip(ladders, shown, tops, strict=True):
            ladder.take(at, top, now)
        wholes = whole(
            wishes,
            shown,
            [upper.most(1, now) == 1 for upper in uppers],
            # A step up is as small as it can be: all of the larger picture only where there is room to spare.
            [upper.given != 0 and not ladder.rose for upper, ladder in zip(uppers, ladders, strict=True)],
            budget_bps,
        )
        for picture, upper, at, all_of_it in zip(pictures, uppers, shown, wholes, strict=True):
            if at is not None:
                thins = picture.supply.offers[at].upper_bps > 0
                picture.give(at, whole=all_of_it or not thins)
                if thins:
                    upper.take(int(all_of_it), 1, now)
        return [ladder.given is not None for ladder in self._ladders.values()]

    def all_full(self, pictures: Sequence[Picture]) -> None:
        """There are only two: each gets all of the other, whose sender suits it to the link."""
        self._ladders.clear()
        self._uppers.clear()
        for picture in pictures:
            picture.give(-1)
