"""Chapters, and who may publish: the rules of the archive without a database."""

import pytest

from contract.http import ChapterKind
from contract.people import Role
from contract.rooms import Hold, Member, MemberChanged, MemberState, RecordingState, RoomEvent
from signaling.domain.archive import Kept, chapters, may_publish
from signaling.domain.directory import may_see
from tests.support import chain
from tests.support.holder import Holder

pytestmark = pytest.mark.unit

AT = chain.STARTED_MS
STATE = chain.finished_call().state
CHEN, STORE = chain.PEOPLE["chen"], chain.PEOPLE["store-0117"]


def moved(state: MemberState, *, joined_at: int | None = AT) -> RoomEvent:
    return MemberChanged(member=Member(person=CHEN, state=state, joined_at=joined_at))


def told(events: list[tuple[int, RoomEvent]], members: list[Member] | None = None) -> list[tuple[float, ChapterKind]]:
    state = STATE.model_copy(update={"members": members or []})
    return [(chapter.t_s, chapter.kind) for chapter in chapters(state, AT * 1_000_000, 10.0, events, [])]


def test_a_hold_is_two_moments_and_one_that_the_call_ended_with_is_one() -> None:
    assert STATE.call is not None
    holds = [Hold(by=CHEN.id, since=AT + 2000, until=AT + 5000), Hold(by=CHEN.id, since=AT + 8000)]
    state = STATE.model_copy(update={"members": [], "call": STATE.call.model_copy(update={"holds": holds})})
    found = [(chapter.t_s, chapter.kind, chapter.person) for chapter in chapters(state, AT * 1_000_000, 10.0, [], [])]
    assert found == [
        (2.0, ChapterKind.HELD, CHEN.id),
        (5.0, ChapterKind.RESUMED, CHEN.id),
        (8.0, ChapterKind.HELD, CHEN.id),
    ]


def test_who_was_there_from_the_start_joins_without_an_event() -> None:
    opened = Member(person=STORE, state=MemberState.JOINED, joined_at=AT - 5000)
    assert told([], [opened]) == [(0.0, ChapterKind.JOINED)]


def test_a_first_event_that_is_a_leave_still_shows_the_join() -> None:
    assert told([(AT + 4000, moved(MemberState.LEFT))]) == [(0.0, ChapterKind.JOINED), (4.0, ChapterKind.LEFT)]


def test_being_away_is_neither_leaving_nor_joining() -> None:
    events = [
        (AT + 1000, moved(MemberState.JOINED, joined_at=AT + 1000)),
        (AT + 2000, moved(MemberState.AWAY, joined_at=AT + 1000)),
        (AT + 3000, moved(MemberState.JOINED, joined_at=AT + 1000)),
    ]
    assert told(events) == [(1.0, ChapterKind.JOINED)]


def test_who_comes_back_joins_again() -> None:
    events = [
        (AT + 1000, moved(MemberState.JOINED, joined_at=AT + 1000)),
        (AT + 2000, moved(MemberState.LEFT, joined_at=AT + 1000)),
        (AT + 3000, moved(MemberState.JOINED, joined_at=AT + 1000)),
    ]
    assert [kind for _, kind in told(events)] == [ChapterKind.JOINED, ChapterKind.LEFT, ChapterKind.JOINED]


def test_being_rung_is_no_chapter() -> None:
    events = [
        (AT + 1000, moved(MemberState.RINGING, joined_at=None)),
        (AT + 2000, moved(MemberState.MISSED, joined_at=None)),
    ]
    assert told(events) == []


def test_what_happens_after_the_recording_lies_on_its_end() -> None:
    assert told([(AT + 60_000, moved(MemberState.LEFT))])[-1] == (10.0, ChapterKind.LEFT)


def kept(recording: RecordingState = RecordingState.SAFE) -> Kept:
    return Kept(
        state=STATE,
        recording=recording,
        summary=chain.finished_call().recording,
        participants=frozenset({CHEN.id, STORE.id}),
    )


def test_who_took_part_at_headquarters_and_administrators_publish() -> None:
    publishers = [login for login, person in chain.PEOPLE.items() if may_publish(Holder(person), kept())]
    assert publishers == ["chen", "fang", "admin"]


def test_nothing_is_published_before_it_is_safe() -> None:
    assert not may_publish(Holder(CHEN), kept(RecordingState.SAVING))
    assert may_publish(Holder(CHEN), kept(RecordingState.RECOVERED))


def seen_by(login: str) -> set[str]:
    viewer = Holder(chain.PEOPLE[login], chain.EAST if chain.PEOPLE[login].role is Role.MANAGER else None)
    return {other for other, person in chain.PEOPLE.items() if may_see(viewer, person)}


def test_the_directory_is_scoped_by_role() -> None:
    experts, stores = {"chen", "zhang", "liu"}, {"store-0117", "store-0108", "store-0201"}
    assert seen_by("store-0117") == experts
    headquarters = experts | {"wu", "he", "fang", "admin"}
    assert seen_by("wu") == headquarters | {"store-0117", "store-0108"}
    assert seen_by("he") == seen_by("chen") == seen_by("admin") == headquarters | stores
    assert seen_by("xiaolin") == set()
