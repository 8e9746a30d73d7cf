"""Which layer a picture comes in, who sends which, how wide a link is: rules without media."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.media import Layer
from media.forward.layers import (
    CALM_S,
    HOPELESS_AFTER_S,
    LONGEST_WAIT_S,
    NEARLY,
    NEARLY_AFTER_S,
    PAUSE_AFTER_S,
    RISE_MARGIN,
    RISE_S,
    Ladder,
    Offer,
    Wish,
    allocate,
    spare,
    wanted,
)
from media.forward.sending import AGAIN_S, COMING_S, LINGER_S, Sending
from media.rtp.rate import OLD_S, Rate
from media.rtp.reports import Reception

pytestmark = pytest.mark.unit

CAMERA = (Offer(180, 150), Offer(360, 500), Offer(720, 2000))
SCREEN = (Offer(720, 250),)
Q, H, F = Layer.QUARTER, Layer.HALF, Layer.FULL


def camera(px: int = 720, *, given: int | None = None, most: int | None = 2) -> Wish:
    return Wish(CAMERA, px, given, most)


# --- allocation


@pytest.mark.parametrize(
    ("px", "index"), [(180, 0), (240, 0), (241, 1), (360, 1), (480, 1), (481, 2), (720, 2), (2000, 2)]
)
def test_the_smallest_layer_that_looks_well_is_wanted(px: int, index: int) -> None:
    assert wanted(CAMERA, px) == index
    assert wanted(SCREEN, px) == 0


@pytest.mark.parametrize(
    ("wishes", "budget", "given"),
    [
        ([camera()], None, [2]),
        ([camera(180)], None, [0]),
        ([camera()], 2500, [2]),
        ([camera()], 2499, [1]),
        ([camera()], 625, [1]),
        ([camera()], 624, [0]),
        ([camera()], 188, [0]),
        ([camera()], 187, [None]),
        ([camera()], 0, [None]),
        ([camera(given=2)], 2000, [2]),
        ([camera(given=2)], 1999, [1]),
        ([camera(given=0)], 150, [0]),
        ([camera(given=0)], 149, [None]),
        ([camera(given=0, most=1)], 9999, [1]),
        ([camera(most=None)], None, [None]),
        ([camera(most=None), camera()], 9999, [None, 2]),
        # Everybody is seen before anybody is seen well; what is left goes to the first.
        ([camera(given=0), camera(given=0)], 300, [0, 0]),
        ([camera(given=0), camera(given=0)], 299, [0, None]),
        ([camera(given=0), camera(given=0)], 813, [1, 0]),
        ([camera(given=0), camera(180, given=0)], 9999, [2, 0]),
        ([Wish(SCREEN, 720, 0, 0), camera(given=0)], 400, [0, 0]),
        ([Wish(SCREEN, 720, 0, 0), camera(given=0)], 399, [0, None]),
        ([Wish(SCREEN, 720, None, 0), camera(given=0)], 160, [None, 0]),
        ([], 100, []),
    ],
)
def test_allocation(wishes: list[Wish], budget: int | None, given: list[int | None]) -> None:
    assert allocate(wishes, budget) == given


@st.composite
def _wishes(draw: st.DrawFn) -> list[Wish]:
    wishes = []
    for _ in range(draw(st.integers(0, 6))):
        count = draw(st.integers(1, 3))
        costs = sorted(draw(st.lists(st.integers(1, 3000), min_size=count, max_size=count)))
        offers = tuple(Offer(720 >> (count - 1 - at), bps) for at, bps in enumerate(costs))
        index = st.none() | st.integers(0, count - 1)
        wishes.append(Wish(offers, draw(st.sampled_from([180, 360, 720])), draw(index), draw(index)))
    return wishes


def cost(wishes: list[Wish], given: list[int | None]) -> int:
    return sum(wish.offers[at].bps for wish, at in zip(wishes, given, strict=True) if at is not None)


def again(wishes: list[Wish], given: list[int | None]) -> list[Wish]:
    """The same wishes a moment later."""
    return [wish._replace(given=at, most=len(wish.offers) - 1) for wish, at in zip(wishes, given, strict=True)]


@settings(max_examples=60, deadline=None)
@given(_wishes(), st.integers(0, 12_000))
def test_pictures_never_take_more_than_there_is_nor_more_than_they_may(wishes: list[Wish], budget: int) -> None:
    given = allocate(wishes, budget)
    assert cost(wishes, given) <= budget
    for wish, at in zip(wishes, given, strict=True):
        assert at is None or (wish.most is not None and at <= wish.most and at <= wanted(wish.offers, wish.px))


@settings(max_examples=60, deadline=None)
@given(_wishes(), st.integers(0, 12_000), st.integers(0, 12_000))
def test_with_more_room_the_first_that_changes_is_shown_again_or_grows(
    wishes: list[Wish], budget: int, more: int
) -> None:
    def order(given: list[int | None]) -> tuple[list[bool], list[int]]:
        """That each is seen at all comes before how large any is seen."""
        return [at is not None for at in given], [0 if at is None else at for at in given]

    assert order(allocate(wishes, budget + more)) >= order(allocate(wishes, budget))


@settings(max_examples=60, deadline=None)
@given(_wishes(), st.integers(100, 10_000), st.floats(1.0, RISE_MARGIN - 0.001))
def test_a_budget_that_swings_by_less_than_the_margin_does_not_make_pictures_swing(
    wishes: list[Wish], budget: int, swing: float
) -> None:
    def one_round(at: int) -> list[int | None]:
        nonlocal wishes
        given = allocate(wishes, (budget, int(budget * swing))[at % 2])
        wishes = again(wishes, given)
        return given

    # Whether each is shown, then how large each is: every one rests once both budgets were seen after those before it.
    for at in range(2 + 3 * 2 * len(wishes)):
        rest = one_round(at)
    assert [one_round(at) for at in range(4)] == [rest] * 4


# --- one picture's way down and up


def test_a_picture_goes_down_at_once_and_up_one_step_after_a_while() -> None:
    ladder = Ladder()
    assert ladder.most(2, 0.0) == 2
    ladder.take(2, 2, 0.0)
    assert ladder.most(2, 0.1) == 2
    ladder.take(0, 2, 1.0)
    assert ladder.most(2, 1.0 + RISE_S - 0.01) == 0
    assert ladder.most(2, 1.0 + RISE_S) == 1
    ladder.take(1, 2, 1.0 + RISE_S)
    assert ladder.most(2, 1.0 + RISE_S + 0.1) == 1
    assert ladder.most(2, 1.0 + 2 * RISE_S) == 2


def test_each_mistake_doubles_the_wait_and_a_calm_minute_forgets_them() -> None:
    ladder = Ladder()
    now = 0.0
    ladder.take(0, 1, now)
    waits = []
    for _ in range(6):
        begun = now
        while ladder.most(1, now) == 0:
            now += 0.5
        waits.append(now - begun)
        ladder.take(1, 1, now)
        now += CALM_S - 1.0
        ladder.take(0, 1, now)
    assert waits == [RISE_S, 2 * RISE_S, 4 * RISE_S, 8 * RISE_S, LONGEST_WAIT_S, LONGEST_WAIT_S]
    now += LONGEST_WAIT_S
    ladder.take(1, 1, now)
    ladder.take(0, 1, now + CALM_S)
    assert ladder.most(1, now + CALM_S + RISE_S) == 1


def test_a_step_that_was_a_mistake_keeps_nobody_from_the_steps_below_it() -> None:
    ladder = Ladder()
    ladder.take(1, 2, 0.0)
    now = 0.0
    for _ in range(4):
        while ladder.most(2, now) == 1:
            now += 0.5
        ladder.take(2, 2, now)
        ladder.take(1, 2, now + 1.0)
        now += 1.0
    ladder.take(None, 2, now)
    assert ladder.most(2, now + RISE_S) == 0
    ladder.take(0, 2, now + RISE_S)
    assert ladder.most(2, now + 2 * RISE_S) == 1
    ladder.take(1, 2, now + 2 * RISE_S)
    assert ladder.most(2, now + LONGEST_WAIT_S - 1.0) == 1
    assert ladder.most(2, now + LONGEST_WAIT_S) == 2


def test_a_picture_that_is_only_shown_smaller_may_grow_again_at_once() -> None:
    ladder = Ladder()
    ladder.take(2, 2, 0.0)
    ladder.take(0, 0, 1.0)
    assert not ladder.limited
    assert ladder.most(2, 1.1) == 2


def test_a_picture_that_does_not_fit_goes_on_small_for_a_while_and_then_pauses() -> None:
    ladder = Ladder()
    assert ladder.spared(None, 0.0) == 0, "a new one too"
    ladder.take(0, 2, 0.0)
    assert ladder.spared(1, 1.0) == 1
    assert ladder.spared(None, 2.0) == 0
    assert ladder.spared(None, 2.0 + PAUSE_AFTER_S - 0.1) == 0
    assert ladder.spared(None, 2.0 + PAUSE_AFTER_S) is None
    ladder.take(None, 2, 9.0)
    assert ladder.spared(None, 9.5) is None


def test_what_does_not_fit_by_half_is_not_kept_for_long() -> None:
    ladder = Ladder()
    assert ladder.spared(None, 0.0, fits=0.1) == 0, "the first word may be wrong"
    assert ladder.spared(None, HOPELESS_AFTER_S, fits=0.1) is None
    assert ladder.spared(None, HOPELESS_AFTER_S) == 0


def test_what_nearly_fits_is_kept_for_long() -> None:
    ladder = Ladder()
    assert ladder.spared(None, 0.0, fits=NEARLY) == 0
    assert ladder.spared(None, NEARLY_AFTER_S - 0.1, fits=NEARLY) == 0
    assert ladder.spared(None, NEARLY_AFTER_S, fits=NEARLY) is None


def spared_for_s(wishes: list[Wish], budget_bps: int) -> list[float]:
    """How long each of the pictures, which came, comes with this budget; for ever if there is room for it."""
    ladders = [Ladder() for _ in wishes]
    for ladder in ladders:
        ladder.take(0, 0, 0.0)
    lasted = [float("inf")] * len(wishes)
    for step in range(int(3 * NEARLY_AFTER_S)):
        now = step / 2
        asked = [
            wish._replace(given=ladder.given, most=ladder.most(0, now))
            for wish, ladder in zip(wishes, ladders, strict=True)
        ]
        for place, at in enumerate(spare(ladders, asked, allocate(asked, budget_bps), budget_bps, now)):
            ladders[place].take(at, 0, now)
            if at is None:
                lasted[place] = min(lasted[place], now)
    return lasted


@pytest.mark.parametrize(
    ("budget_bps", "lasted"),
    [
        (7 * 150, [float("inf")] * 7),
        # What is left beside five is nearly a sixth; there is nothing left for a seventh beside them.
        (5 * 150 + 140, [*[float("inf")] * 5, NEARLY_AFTER_S, HOPELESS_AFTER_S]),
        (5 * 150 + 100, [*[float("inf")] * 5, PAUSE_AFTER_S, HOPELESS_AFTER_S]),
        (2 * 150, [float("inf"), float("inf"), *[HOPELESS_AFTER_S] * 5]),
    ],
)
def test_how_long_one_is_spared_is_for_the_room_that_the_others_leave(budget_bps: int, lasted: list[float]) -> None:
    assert spared_for_s([camera(180, given=0)] * 7, budget_bps) == lasted


def test_a_paused_picture_stays_away_for_a_while_and_begins_small() -> None:
    ladder = Ladder()
    ladder.take(None, 2, 0.0)
    assert ladder.most(2, RISE_S - 0.01) is None
    assert ladder.most(2, RISE_S) == 0


# --- who sends which


def test_a_layer_is_sent_at_once_and_a_while_longer_than_anybody_wants_it() -> None:
    sending = Sending()
    assert sending.layers == {F}
    assert not sending.want(frozenset({F}), 0.0, least=Q)
    assert sending.want(frozenset({Q}), 1.0, least=Q)
    assert sending.layers == {Q, F}
    assert not sending.want(frozenset({Q}), LINGER_S - 0.1, least=Q)
    assert sending.want(frozenset({Q}), LINGER_S + 1.0, least=Q)
    assert sending.layers == {Q}


def test_a_camera_that_nobody_sees_goes_on_in_the_smallest_layer() -> None:
    sending = Sending()
    sending.want(frozenset(), 0.0, least=Q)
    assert sending.want(frozenset(), LINGER_S, least=Q)
    assert sending.layers == {Q}


def test_a_layer_that_does_not_come_is_not_hoped_for_until_later() -> None:
    sending = Sending()
    assert sending.comes(H, 0.0)
    sending.want(frozenset({H}), 0.0, least=Q)
    assert sending.comes(H, COMING_S - 0.1)
    assert not sending.comes(H, COMING_S)
    assert sending.comes(H, AGAIN_S)
    sending.came(H)
    sending.want(frozenset({Q}), COMING_S, least=Q)
    assert sending.comes(H, COMING_S), "what came once comes again"


def test_a_rate_is_measured_over_whole_seconds_and_forgotten_when_nobody_asked() -> None:
    reception = Reception(1, 90_000)
    rate = Rate(reception)
    assert rate.bps(0.0) is None
    for step in range(100):
        reception.on_packet(step, 0, 125, step / 50)
    assert rate.bps(0.5) is None
    assert rate.bps(2.0) == 100 * 1000 / 2
    assert rate.bps(2.5) == 50_000
    assert rate.bps(2.0 + OLD_S) is None
