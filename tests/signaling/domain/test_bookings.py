"""When a store may book a call, whose it is when its time comes, and that no hour promises more than it can keep."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.callbacks import Callback, CallbackState, Urgency
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RegionId, RoomId, StoreId
from contract.people import Grant, Person, Role, Skill, Store
from contract.quiet import Quiet, QuietHours
from contract.rooms import EndReason, Reason
from contract.routing import ExpertProfile, Shift
from signaling.domain import bookings, callbacks
from signaling.domain.access import EVERYWHERE, Act, Scope, scope_of
from signaling.domain.bookings import AHEAD_MS, OFFERED, QUARTER_MS, Diary
from signaling.domain.routing import Expert
from tests.signaling.domain.people import CHEN, LIU, STORE, ZHANG
from tests.support.holder import Holder

pytestmark = pytest.mark.unit

WITHIN_MS = 900_000
ROOM, OTHER_ROOM = RoomId("booked-1"), RoomId("booked-2")
HOURS = [Shift(day=day, from_min=9 * 60, to_min=18 * 60) for day in range(5)]
SHANGHAI = ExpertProfile(shifts=HOURS)
NEVER_QUIET = Quiet()
assert STORE.store
HERE = STORE.store
THERE, YONDER = [HERE.model_copy(update={"id": StoreId(f"s-{name}")}) for name in ("there", "yonder")]


def at(*moment: int) -> int:
    """UTC."""
    year, month, day, hour, minute = moment
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def who(
    person: Person,
    profile: ExpertProfile = SHANGHAI,
    reach: Scope = EVERYWHERE,
    quiet: Quiet = NEVER_QUIET,
    *,
    free: bool = True,
) -> Expert:
    return Expert(person=person, free=free, profile=profile, reach=reach, quiet=quiet)


def booked(store: Store, reason: Reason, at_ms: int | None, owner: Person | None = None) -> Callback:
    item = bookings.asked(RoomId(f"{store.id}-{reason}"), store, reason, 0, WITHIN_MS)
    item = bookings.book(item, at_ms, "", 0, WITHIN_MS)
    return item if owner is None else callbacks.owned(item, owner)


def diary(experts: Sequence[Expert], *others: Callback, reason: Reason = Reason.EQUIPMENT) -> Diary:
    return Diary(HERE, reason, experts, others)


def refusal(one: Diary, at_ms: int, now_ms: int) -> ErrorCode | None:
    try:
        one.check(at_ms, now_ms)
    except Rejection as rejection:
        return rejection.code
    return None


def refused(one: Diary, at_ms: int, now_ms: int) -> bool:
    return refusal(one, at_ms, now_ms) is ErrorCode.CONFLICT


MONDAY_15 = at(2026, 11, 30, 7, 0)
"""15:00 in Shanghai."""
MONDAY_1459 = MONDAY_15 - 60_000


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (at(2026, 11, 30, 6, 54), at(2026, 11, 30, 7, 0)),
        (at(2026, 11, 30, 6, 55), at(2026, 11, 30, 7, 0)),
        (at(2026, 11, 30, 6, 56), at(2026, 11, 30, 7, 15)),
        (at(2026, 11, 30, 9, 40), at(2026, 11, 30, 9, 45)),
        (at(2026, 11, 30, 9, 41), at(2026, 12, 1, 1, 0)),  # today is over: tomorrow 9:00
        (at(2026, 12, 4, 10, 0), at(2026, 12, 7, 1, 0)),  # Friday evening: Monday
    ],
)
def test_the_first_time_leaves_a_moment_to_be_reminded_and_lies_in_somebodys_hours(now: int, first: int) -> None:
    found = diary([who(CHEN)]).slots(now)
    assert found[0] == first
    assert len(found) == OFFERED
    assert all(slot % QUARTER_MS == 0 for slot in found)
    assert found == sorted(set(found))


def test_at_the_end_of_the_day_come_tomorrows_first_ones() -> None:
    found = diary([who(CHEN)]).slots(at(2026, 11, 30, 9, 0))
    assert found[:4] == [at(2026, 11, 30, 9, minute) for minute in (15, 30, 45)] + [at(2026, 12, 1, 1, 0)]


@pytest.mark.parametrize(
    "experts",
    [
        [],
        [who(LIU)],
        [who(CHEN, ExpertProfile(shifts=[Shift(day=6, from_min=0, to_min=1)]))],
        [who(CHEN, reach=Scope(regions=frozenset({RegionId("elsewhere")})))],
    ],
)
def test_where_nobody_fits_nothing_is_offered(experts: list[Expert]) -> None:
    assert diary(experts).slots(MONDAY_1459) == []
    assert refused(diary(experts), MONDAY_15 + QUARTER_MS, MONDAY_1459)


def test_who_has_no_hours_or_is_on_call_can_be_booked_at_night() -> None:
    night = at(2026, 11, 30, 20, 0)
    for profile in (ExpertProfile(), ExpertProfile(shifts=HOURS, on_call=True)):
        assert diary([who(CHEN, profile)]).slots(night)[0] == night + QUARTER_MS


@pytest.mark.parametrize(
    ("quiet", "first"),
    [
        (Quiet(hours=QuietHours(from_min=12 * 60, to_min=15 * 60 + 30)), MONDAY_15 + 2 * QUARTER_MS),
        (Quiet(hours=QuietHours(from_min=15 * 60 + 15, to_min=15 * 60 + 45)), MONDAY_15 + 3 * QUARTER_MS),
        (Quiet(hours=QuietHours(from_min=14 * 60, to_min=16 * 60, zone="Europe/Berlin")), MONDAY_15 + QUARTER_MS),
        (Quiet(do_not_disturb=True, until=MONDAY_15 + 4 * QUARTER_MS), MONDAY_15 + 4 * QUARTER_MS),
        (Quiet(do_not_disturb=True), MONDAY_15 + QUARTER_MS),  # who knows for how long
    ],
)
def test_whoever_is_quiet_then_is_not_counted_on(quiet: Quiet, first: int) -> None:
    assert diary([who(CHEN, quiet=quiet)]).slots(MONDAY_1459)[0] == first
    assert diary([who(CHEN, quiet=quiet), who(ZHANG)]).slots(MONDAY_1459)[0] == MONDAY_15 + QUARTER_MS


def test_hours_go_by_the_wall_also_when_the_clocks_change() -> None:
    berlin = ExpertProfile(zone="Europe/Berlin", shifts=[Shift(day=6, from_min=60, to_min=4 * 60)])
    spring = diary([who(CHEN, berlin)]).slots(at(2026, 3, 28, 23, 0))  # at 2:00 it becomes 3:00
    assert spring == [at(2026, 3, 29, hour, minute) for hour in (0, 1) for minute in (0, 15, 30, 45)]
    autumn = diary([who(CHEN, berlin)]).slots(at(2026, 10, 24, 22, 0))  # at 3:00 it becomes 2:00
    assert autumn == [at(2026, 10, 24, 23, m) for m in (0, 15, 30, 45)] + [
        at(2026, 10, 25, hour, minute) for hour in (0, 1, 2) for minute in (0, 15, 30, 45)
    ]


@pytest.mark.parametrize(
    ("others", "full"),
    [
        ([], False),
        ([booked(THERE, Reason.EQUIPMENT, MONDAY_15)], False),
        ([booked(THERE, Reason.EQUIPMENT, MONDAY_15), booked(YONDER, Reason.EQUIPMENT, MONDAY_15)], True),
        ([booked(THERE, Reason.EQUIPMENT, MONDAY_15), booked(YONDER, Reason.OTHER, MONDAY_15)], True),
        ([booked(THERE, Reason.EQUIPMENT, MONDAY_15), booked(YONDER, Reason.DISHES, MONDAY_15)], False),
        ([booked(THERE, Reason.EQUIPMENT, MONDAY_15), booked(YONDER, Reason.EQUIPMENT, None)], False),
        ([booked(THERE, Reason.EQUIPMENT, MONDAY_15 + QUARTER_MS), booked(YONDER, Reason.OTHER, MONDAY_15)], False),
        ([booked(THERE, Reason.DISHES, MONDAY_15, CHEN), booked(YONDER, Reason.OTHER, MONDAY_15)], True),
        ([booked(HERE, Reason.DISHES, MONDAY_15)], True),
        ([booked(HERE, Reason.DISHES, MONDAY_15 + QUARTER_MS)], False),
        ([booked(HERE, Reason.EQUIPMENT, MONDAY_15), booked(THERE, Reason.EQUIPMENT, MONDAY_15)], False),
    ],
)
def test_a_time_is_full_when_an_expert_for_one_more_is_missing(others: list[Callback], *, full: bool) -> None:
    """Chen and Zhang know equipment, Zhang alone the rest, Liu dishes; no store is called about two things at once."""
    full_diary = diary([who(CHEN), who(ZHANG), who(LIU)], *others)
    now = MONDAY_15 - 3_600_000
    assert refused(full_diary, MONDAY_15, now) is full
    assert (MONDAY_15 in full_diary.slots(now)) is not full


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (0, ErrorCode.OVER),
        (MONDAY_15 - QUARTER_MS, ErrorCode.OVER),
        (MONDAY_1459, ErrorCode.OVER),
        (MONDAY_15, ErrorCode.OVER),  # nobody could be reminded any more
        (MONDAY_15 + QUARTER_MS + 1, ErrorCode.CONFLICT),
        (MONDAY_15 + AHEAD_MS, ErrorCode.CONFLICT),
        (2**53 - 1, ErrorCode.CONFLICT),
    ],
)
def test_no_other_moment_can_be_booked(wrong: int, why: ErrorCode) -> None:
    always = diary([who(CHEN, ExpertProfile())])
    assert refusal(always, wrong, MONDAY_1459) is why
    assert not refused(always, MONDAY_15 + QUARTER_MS, MONDAY_1459)


EXPERTS = [who(CHEN), who(ZHANG), who(LIU)]
REASONS = st.sampled_from(list(Reason))


def can_all_be_called(items: Sequence[Callback]) -> bool:
    """By trying everything: an expert of their own for each."""
    able = {
        Reason.EQUIPMENT: {CHEN.id, ZHANG.id},
        Reason.OTHER: {ZHANG.id},
        Reason.DISHES: {LIU.id},
        Reason.ANY: {CHEN.id, ZHANG.id, LIU.id},
    }
    people: list[PersonId] = [one.person.id for one in EXPERTS]
    return any(
        all(expert in able[item.reason] for expert, item in zip(chosen, items, strict=True))
        for chosen in permutations(people, len(items))
    )


@given(st.lists(REASONS, max_size=8))
@settings(max_examples=200)
def test_whatever_is_booked_one_after_the_other_each_has_an_expert_of_their_own(reasons: list[Reason]) -> None:
    kept: list[Callback] = []
    for number, reason in enumerate(reasons):
        store = HERE.model_copy(update={"id": f"s-{number}"})
        taken = refused(Diary(store, reason, EXPERTS, kept), MONDAY_15, MONDAY_15 - 3_600_000)
        more = [*kept, booked(store, reason, MONDAY_15)]
        assert taken is not can_all_be_called(more), "as many as can be called back, and no more"
        if not taken:
            kept = more


def test_a_booking_runs_from_its_time_and_somebody_is_reminded_before() -> None:
    item = booked(HERE, Reason.EQUIPMENT, MONDAY_15)
    assert (item.calls, item.state, item.due_at) == (0, CallbackState.OPEN, MONDAY_15 + WITHIN_MS)
    seen, now = [], 0
    while (due := callbacks.next_ms(item, now)) is not None:
        item, now = callbacks.escalated(item, due), due
        seen.append((item.urgency, due - MONDAY_15))
    assert seen == [
        (Urgency.SOON, -300_000),
        (Urgency.DUE, WITHIN_MS),
        (Urgency.MANAGER, 2 * WITHIN_MS),
        (Urgency.ADMINISTRATOR, 4 * WITHIN_MS),
    ]


def test_another_time_is_anybodys_again_and_the_same_one_stays() -> None:
    item = callbacks.escalated(booked(HERE, Reason.EQUIPMENT, MONDAY_15, CHEN), MONDAY_15)
    same = bookings.book(item, MONDAY_15, "cold", 5, WITHIN_MS)
    assert same == item.model_copy(update={"note": "cold", "booked_at": 5})
    later = bookings.book(item, MONDAY_15 + QUARTER_MS, "", 5, WITHIN_MS)
    assert (later.owner, later.state, later.urgency) == (None, CallbackState.OPEN, Urgency.NONE)
    assert later.due_at == MONDAY_15 + QUARTER_MS + WITHIN_MS
    now = bookings.book(item, None, "", MONDAY_15, WITHIN_MS)
    assert (now.at, now.rung_at, now.due_at) == (None, MONDAY_15, MONDAY_15 + WITHIN_MS)
    assert callbacks.escalated(now, MONDAY_15) == now, "nobody is late for what is asked this moment"


@pytest.mark.parametrize("why", [EndReason.MISSED, EndReason.NOBODY_FREE, EndReason.CALLBACK])
@pytest.mark.parametrize("keeps", [False, True])
def test_who_calls_in_vain_before_the_time_cannot_wait_unless_they_chose_it_then(
    why: EndReason, *, keeps: bool
) -> None:
    rung = MONDAY_15 - 3_600_000
    item = booked(HERE, Reason.EQUIPMENT, MONDAY_15, CHEN)
    item = bookings.book(item, MONDAY_15, "", rung + 1 if keeps else rung - 1, WITHIN_MS)
    call = bookings.asked(OTHER_ROOM, HERE, Reason.EQUIPMENT, rung, WITHIN_MS).model_copy(update={"why": why})
    both = callbacks.again(item, call, rung)
    assert both.calls == 1
    if keeps:
        assert (both.at, both.owner) == (MONDAY_15, CHEN)
    else:
        assert (both.at, both.owner, both.due_at) == (None, None, rung + WITHIN_MS)


def test_a_promise_for_before_the_booked_time_makes_nobody_late_before_it() -> None:
    rung = MONDAY_15 - 3_600_000
    item = bookings.book(booked(HERE, Reason.EQUIPMENT, MONDAY_15), MONDAY_15, "", rung + 1, WITHIN_MS)
    call = bookings.asked(OTHER_ROOM, HERE, Reason.EQUIPMENT, rung, 300_000)
    both = callbacks.again(item, callbacks.owned(call, CHEN), rung)
    assert (both.owner, both.at, both.due_at) == (CHEN, MONDAY_15, MONDAY_15 + WITHIN_MS)


def test_a_store_cancels_once() -> None:
    gone = callbacks.cancel(booked(HERE, Reason.OTHER, MONDAY_15), 7)
    assert (gone.state, gone.done_at, gone.done_by) == (CallbackState.DONE, 7, None)
    assert callbacks.cancel(gone, 8) == gone


def name(items: Sequence[Callback], experts: Sequence[Expert], now: int = MONDAY_15 - 300_000) -> list[PersonId | None]:
    moved = {item.room: item for item in bookings.moved_on(items, experts, now)}
    found = [moved.get(item.room, item) for item in items]
    return [item.owner.id if item.owner else None for item in found]


AWAY_ZHANG = Expert(person=ZHANG, free=True, away=True, profile=SHANGHAI)


@pytest.mark.parametrize(
    ("experts", "owner"),
    [
        ([who(ZHANG), who(LIU)], ZHANG),
        ([AWAY_ZHANG, who(CHEN)], CHEN),
        ([Expert(person=CHEN, free=False, busy=True, profile=SHANGHAI)], CHEN),  # done by then
        ([who(CHEN, free=False)], None),
        ([who(CHEN, reach=Scope())], None),
        ([who(LIU)], None),
        ([who(CHEN, ExpertProfile(shifts=[Shift(day=0, from_min=0, to_min=15 * 60)]))], None),  # goes home at 15:00
        ([who(CHEN, quiet=Quiet(hours=QuietHours(from_min=15 * 60, to_min=16 * 60)))], None),  # rests from 15:00 on
    ],
)
def test_shortly_before_it_is_somebodys_who_is_there(experts: list[Expert], owner: Person | None) -> None:
    assert name([booked(HERE, Reason.EQUIPMENT, MONDAY_15)], experts) == [owner.id if owner else None]


def test_two_at_once_are_of_two_and_what_somebody_took_stays_theirs() -> None:
    here, there = [booked(store, Reason.EQUIPMENT, MONDAY_15) for store in (HERE, THERE)]
    assert set(name([here, there], [who(CHEN), who(ZHANG)])) == {CHEN.id, ZHANG.id}
    assert name([here, booked(THERE, Reason.EQUIPMENT, MONDAY_15, CHEN)], [who(CHEN)]) == [None, CHEN.id]
    called = bookings.asked(ROOM, HERE, Reason.EQUIPMENT, 0, WITHIN_MS)
    assert name([called], [who(CHEN)], WITHIN_MS) == [None], "a call in vain is the group's"


def test_who_gives_it_back_is_not_named_again() -> None:
    soon = callbacks.escalated(booked(HERE, Reason.EQUIPMENT, MONDAY_15, CHEN), MONDAY_15 - 300_000)
    given = callbacks.reopen(soon, Holder(CHEN))
    assert name([given], [who(CHEN), who(ZHANG)], MONDAY_15 + WITHIN_MS) == [None]


def test_with_nobody_there_it_is_theirs_who_comes_first_and_fits() -> None:
    items = [booked(store, Reason.EQUIPMENT, MONDAY_15) for store in (HERE, THERE)]
    alone = bookings.moved_on(items, [who(LIU), who(CHEN, free=False)], MONDAY_15 - 300_000)
    assert [(item.unattended, item.urgency, item.owner) for item in alone] == [(True, Urgency.SOON, None)] * 2
    assert bookings.moved_on(alone, [who(LIU)], MONDAY_15 - 1) == [], "nothing is new"
    [first] = bookings.moved_on(alone, [who(CHEN)], MONDAY_15 - 1)
    assert (first.owner, first.unattended) == (CHEN, False)
    left = [first, *(item for item in alone if item.room != first.room)]
    assert bookings.moved_on(left, [who(CHEN)], MONDAY_15 + 1) == [], "one store at a time"
    [second] = bookings.moved_on(left, [who(CHEN), who(ZHANG)], MONDAY_15 + 1)
    assert second.owner == ZHANG
    given = callbacks.reopen(second, Holder(ZHANG))
    assert bookings.moved_on([first, given], [who(ZHANG)], MONDAY_15 + 2) == [], "who gives it back is not asked again"


def test_whose_owner_is_taken_out_shortly_before_is_theirs_who_is_there() -> None:
    taken = booked(HERE, Reason.EQUIPMENT, MONDAY_15, CHEN)
    soon = callbacks.escalated(taken, MONDAY_15 - 300_000)
    for left in (callbacks.keep(soon, ()), callbacks.hand_over(soon, Holder(STORE))):
        assert (left.owner, left.unattended) == (None, True)
        assert name([left], [who(ZHANG)], MONDAY_15 - 1) == [ZHANG.id]
    assert not callbacks.keep(taken, ()).unattended, "named when its time is near, as any other"
    called = callbacks.owned(bookings.asked(ROOM, HERE, Reason.EQUIPMENT, 0, WITHIN_MS), CHEN)
    late = callbacks.escalated(called, WITHIN_MS)
    assert not callbacks.keep(late, ()).unattended, "a call in vain is the group's"


@pytest.mark.parametrize("end", [lambda item: callbacks.cancel(item, 7), lambda item: callbacks.done(item, CHEN, 7)])
def test_for_what_is_done_nobody_is_sought(end: Callable[[Callback], Callback]) -> None:
    [alone] = bookings.moved_on([booked(HERE, Reason.EQUIPMENT, MONDAY_15)], [], MONDAY_15 - 300_000)
    assert not end(alone).unattended


def test_who_comes_later_than_the_time_is_on_duty_when_they_come() -> None:
    [alone] = bookings.moved_on([booked(HERE, Reason.EQUIPMENT, MONDAY_15)], [], MONDAY_15)
    until_four = ExpertProfile(shifts=[Shift(day=0, from_min=0, to_min=16 * 60)])
    from_four = ExpertProfile(shifts=[Shift(day=0, from_min=16 * 60, to_min=24 * 60)])
    late = bookings.moved_on([alone], [who(CHEN, until_four), who(ZHANG, from_four)], MONDAY_15 + 3_600_000)
    assert [(item.owner, item.urgency) for item in late] == [(ZHANG, Urgency.ADMINISTRATOR)]


@pytest.mark.parametrize("change", ["another time", "as soon as possible", "a call", "a promise"])
def test_what_is_agreed_anew_is_no_longer_without_anybody(change: str) -> None:
    [alone] = bookings.moved_on([booked(HERE, Reason.EQUIPMENT, MONDAY_15)], [], MONDAY_15 - 300_000)
    call = bookings.asked(OTHER_ROOM, HERE, Reason.EQUIPMENT, MONDAY_15 - 60_000, 30_000)
    match change:
        case "another time":
            after = bookings.book(alone, MONDAY_15 + QUARTER_MS, "", MONDAY_15, WITHIN_MS)
        case "as soon as possible":
            after = bookings.book(alone, None, "", MONDAY_15, WITHIN_MS)
        case "a call":
            after = callbacks.again(alone, call, call.rung_at)
        case _:
            kept = bookings.book(alone, MONDAY_15, "", MONDAY_15 - 59_000, WITHIN_MS)
            after = callbacks.again(kept, callbacks.owned(call, CHEN), call.rung_at)
            assert (after.owner, after.at) == (CHEN, MONDAY_15)
    assert not after.unattended


def test_an_expert_for_a_region_is_booked_by_its_stores_alone() -> None:
    grants = (Grant(role=Role.EXPERT, region=HERE.region, store=None),)
    regional = who(CHEN, reach=scope_of(Act.BE_RUNG, grants))
    assert diary([regional]).slots(MONDAY_1459)
    far = HERE.model_copy(update={"region": RegionId("elsewhere")})
    assert Diary(far, Reason.EQUIPMENT, [regional], []).slots(MONDAY_1459) == []
    assert Skill.EQUIPMENT in CHEN.skills
