"""Which layer every picture of a subscriber comes in: rules without media.

Voice is not in question here: what it needs is taken off the budget before. Pictures come in order of importance.
"""

from collections.abc import Sequence
from typing import NamedTuple

RISE_MARGIN = 1.25
"""A picture becomes larger, or comes back, only where this much more than it needs is free; it becomes smaller only
where there is too little. Between the two nothing changes, so that no budget that swings by less makes it swing."""
NEAR_ENOUGH = 0.75
"""A layer that is shown a third larger than it is looks as well as the next one, for a quarter of its bits."""
RISE_S = 5.0
"""From one change of a picture that had to be made smaller to the next larger one."""
LONGEST_WAIT_S = 60.0
CALM_S = 60.0
"""A step up that had to be taken back sooner was a mistake: the next try waits twice as long, up to LONGEST_WAIT_S."""
PAUSE_AFTER_S = 3.0
"""So long a picture that does not fit at all still comes, as small as it can be: a first estimate is often too low, and
is corrected by then."""
HOPELESS, HOPELESS_AFTER_S = 0.5, 1.0
"""Where not even this part of it fits, it takes too much of the sound to wait for that."""
NEARLY, NEARLY_AFTER_S = 0.8, 10.0
"""Where this part of it fits, it takes nothing of the sound: an estimate is lower than what the link carries, the more
so where much is lost by chance, and recovers."""


class Offer(NamedTuple):
    """A layer that a picture can be had in."""

    px: int
    """Its shorter side."""
    bps: int
    """At least."""
    upper_bps: int = 0
    """What its upper temporal layers take beyond that, which can be left out."""


class Wish(NamedTuple):
    """One picture that is to be shown."""

    offers: Sequence[Offer]
    """Smallest first; at least one."""
    px: int
    """How large it is shown."""
    given: int | None
    """Which of the offers it comes in now; None if it is paused, or new."""
    most: int | None
    """The largest offer that it may come in now; None: it stays paused."""


def wanted(offers: Sequence[Offer], px: int) -> int:
    """The smallest offer that looks well at this size; the largest if none does."""
    return next((at for at, offer in enumerate(offers) if offer.px >= px * NEAR_ENOUGH), len(offers) - 1)


def allocate(wishes: Sequence[Wish], budget_bps: int | None) -> list[int | None]:
    """An offer for every wish, or None: paused. `budget_bps` is for all of them, None if nothing is known of the link.

    Everybody's smallest picture comes first, in the order given; then each grows to its size, in that order. They never
    take more than the budget together.
    """
    tops = [None if wish.most is None else min(wish.most, wanted(wish.offers, wish.px)) for wish in wishes]
    if budget_bps is None:
        return list(tops)
    given: list[int | None] = [None] * len(wishes)
    spent = 0
    for place, (wish, top) in enumerate(zip(wishes, tops, strict=True)):
        if top is not None and _fits(wish, 0, spent, budget_bps):
            given[place] = 0
            spent += wish.offers[0].bps
    for place, (wish, top) in enumerate(zip(wishes, tops, strict=True)):
        if top is None or given[place] is None:
            continue
        spent -= wish.offers[0].bps
        at = next((at for at in range(top, 0, -1) if _fits(wish, at, spent, budget_bps)), 0)
        given[place] = at
        spent += wish.offers[at].bps
    return given


def whole(
    wishes: Sequence[Wish],
    given: Sequence[int | None],
    may: Sequence[bool],
    were: Sequence[bool],
    budget_bps: int | None,
) -> list[bool]:
    """Which of the pictures, `given` as they are, come with their upper temporal layers too: in order, those that `may`
    and for which there is room; with a margin for those that `were` not so."""
    if budget_bps is None:
        return list(may)
    offers = [None if at is None else wish.offers[at] for wish, at in zip(wishes, given, strict=True)]
    spent = sum(offer.bps for offer in offers if offer is not None)
    out = []
    for offer, allowed, before in zip(offers, may, were, strict=True):
        needs = spent + (0 if offer is None else offer.upper_bps)
        fits = allowed and (needs if before else needs * RISE_MARGIN) <= budget_bps
        if fits:
            spent = needs
        out.append(fits)
    return out


def _fits(wish: Wish, at: int, spent_bps: int, budget_bps: int) -> bool:
    needs = spent_bps + wish.offers[at].bps
    rises = wish.given is None or at > wish.given
    return needs * RISE_MARGIN <= budget_bps if rises else needs <= budget_bps


class Ladder:
    """One picture's way down and up again: down at once, up one offer at a time, and to each less often after every
    mistake.

    `most` before `allocate`, `spared` and `take` after it.
    """

    def __init__(self) -> None:
        self.given: int | None = None
        self.limited = False
        """It is smaller than it is shown, or paused."""
        self.rose = False
        """It became larger with the last `take`, though not because more of it was to be shown."""
        self._unfit_since: float | None = None
        self._rises_at = float("-inf")
        self._rose_at: dict[int, float] = {}
        """When it last came to each offer from a smaller one."""
        self._wait_s: dict[int, float] = {}
        self._tries_at: dict[int, float] = {}
        """Of each offer that was given up: how long it waited then, and until when."""

    def most(self, top: int, now: float) -> int | None:
        """The largest of the offers up to `top` that it may come in now."""
        if not self.limited:
            return top
        step = 0 if self.given is None else self.given + 1
        if now < self._rises_at or now < self._tries_at.get(step, now):
            return None if self.given is None else min(self.given, top)
        return min(top, step)

    def spared(self, given: int | None, now: float, *, fits: float = HOPELESS) -> int | None:
        """What it comes as if `given` is what fits: the smallest for a while where nothing does, the longer the larger
        the part of it that `fits`."""
        if given is not None or (self.given is None and self.limited):
            self._unfit_since = None
            return given
        if self._unfit_since is None:
            self._unfit_since = now
        after_s = HOPELESS_AFTER_S if fits < HOPELESS else PAUSE_AFTER_S if fits < NEARLY else NEARLY_AFTER_S
        return None if now - self._unfit_since >= after_s else 0

    def take(self, given: int | None, wish: int, now: float) -> None:
        """It comes as `given`; at its size it would be `wish`."""
        before, self.given = self.given, given
        was, self.limited = self.limited, given is None or given < wish
        rank, before_rank = -1 if given is None else given, -1 if before is None else before
        self.rose = was and rank > before_rank
        if self.limited and (rank < before_rank or not was):
            self._rises_at = now + RISE_S
            for step in range(rank + 1, (before_rank if was else max(before_rank, wish)) + 1):
                self._give_up(step, now)
        elif self.rose:
            self._rose_at[rank] = now
            self._rises_at = now + RISE_S

    def _give_up(self, step: int, now: float) -> None:
        mistake = now - self._rose_at.get(step, float("-inf")) < CALM_S
        self._wait_s[step] = min(LONGEST_WAIT_S, 2 * self._wait_s.get(step, RISE_S)) if mistake else RISE_S
        self._tries_at[step] = now + self._wait_s[step]


def spare(
    ladders: Sequence[Ladder], wishes: Sequence[Wish], given: Sequence[int | None], budget_bps: int | None, now: float
) -> list[int | None]:
    """What the pictures come as if `given` is what fits: the smallest for a while where nothing does. How long depends
    on the part of it for which there is room beside all that are given, and those before it that are spared too."""
    spent = sum(wish.offers[at].bps for wish, at in zip(wishes, given, strict=True) if at is not None)
    out = []
    for ladder, wish, at in zip(ladders, wishes, given, strict=True):
        least_bps = wish.offers[0].bps
        fits = 1.0 if budget_bps is None else (budget_bps - spent) / max(1, least_bps)
        comes = ladder.spared(at, now, fits=fits)
        if at is None and comes is not None:
            spent += least_bps
        out.append(comes)
    return out
