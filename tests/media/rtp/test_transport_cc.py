"""Transport-wide feedback: read and written, made from arrivals; at wraps, with reorder, repeats, holes and cuts."""

import contextlib
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.arrivals import EVERY_S, MOST_TOLD, REMEMBERED, Arrivals
from media.rtp.rtcp import pack_rtcp, parse_rtcp
from media.rtp.transport_cc import (
    MAX_COUNT,
    MAX_STEP_TICKS,
    TICK_S,
    TransportFeedback,
    pack_feedback,
    parse_feedback,
)

pytestmark = pytest.mark.unit

HEAD = bytes.fromhex("fffe" + "000e" + "00000105")
"""From 65 534, 14 packets, reference time 64 ms, fifth feedback."""


@st.composite
def feedbacks(draw: st.DrawFn) -> TransportFeedback:
    statuses = draw(
        st.lists(
            st.one_of(st.none(), st.integers(0, 255), st.integers(-MAX_STEP_TICKS - 1, MAX_STEP_TICKS)), max_size=300
        )
    )
    runs = draw(st.lists(st.tuples(st.integers(1, 500), st.sampled_from((None, 0, 255, 256))), max_size=3))
    for length, status in runs:
        statuses += [status] * length
    ticks = draw(st.integers(0, 2**32 - 1))
    arrivals: list[tuple[int, int]] = []
    for offset, step in enumerate(statuses):
        if step is not None:
            ticks = (ticks + (step if arrivals else 0)) % 2**32
            arrivals.append((offset, ticks))
    numbers = draw(st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 255)))
    return TransportFeedback(1, 2**32 - 1, numbers[0], len(statuses), numbers[1], tuple(arrivals))


@given(feedbacks())
def test_what_is_packed_is_parsed_again(feedback: TransportFeedback) -> None:
    data = pack_rtcp(feedback)
    assert len(data) % 4 == 0
    assert parse_rtcp(data) == [feedback]


@pytest.mark.parametrize(
    ("chunk", "came"),
    [("9f1c", [1, 2, 3, 4, 5, 9, 10, 11]), ("200e", list(range(14))), ("000e", []), ("e7ff", [])],
    ids=["one bit each", "a run that came", "a run that was lost", "status 3"],
)
def test_the_draft_s_own_examples_are_read(chunk: str, came: list[int]) -> None:
    data = HEAD + bytes.fromhex(chunk) + bytes([4] * len(came))
    if chunk == "e7ff":
        with pytest.raises(ValueError, match="reserved"):
            parse_feedback(1, 2, data)
        return
    found = parse_feedback(1, 2, data)
    assert (found.base_sequence, found.packets, found.number) == (65_534, 14, 5)
    assert [offset for offset, _ticks in found.arrivals] == came
    assert [ticks for _offset, ticks in found.arrivals] == [256 + 4 * n for n in range(1, len(came) + 1)]


def test_two_bits_each_tell_small_and_large_steps() -> None:
    data = HEAD[:2] + bytes.fromhex("0007" + "00000100" + "d280" + "ff" + "8000" + "7fff" + "00")
    found = parse_feedback(1, 2, data)
    assert found.arrivals == ((0, 256 + 255), (2, (511 - 32_768) % 2**32), (3, 510))
    assert pack_feedback(found)[:4] == data[:4]


def test_the_clock_wraps() -> None:
    late = 2**32 - 1
    feedback = TransportFeedback(1, 2, 0, 2, 0, ((0, late), (1, 3)))
    assert parse_rtcp(pack_rtcp(feedback)) == [feedback]


def test_a_cut_feedback_is_refused_at_every_byte() -> None:
    statuses = [(number, 7 * number * (number % 5)) for number in range(0, 60, 3)]
    fci = pack_feedback(TransportFeedback(1, 2, 3, 60, 0, tuple(statuses)))
    padded = len(fci) - len(fci.rstrip(b"\0"))
    for length in range(len(fci) - padded):
        with pytest.raises(ValueError, match="RTCP transport feedback"):
            parse_feedback(1, 2, fci[:length])


@pytest.mark.parametrize("count", [MAX_COUNT + 1, 0xFFFF])
def test_a_liar_s_count_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="packets"):
        parse_feedback(1, 2, bytes(2) + count.to_bytes(2) + bytes(4) + bytes.fromhex("1fff") * 40)


def test_a_run_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="run"):
        parse_feedback(1, 2, HEAD + bytes(2))


@given(st.binary(max_size=64))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        found = parse_feedback(1, 2, HEAD[:2] + b"\0" + data)
        assert parse_feedback(1, 2, pack_feedback(found)) == found


# --- made from arrivals


def told(feedbacks_: list[TransportFeedback]) -> dict[int, int | None]:
    """By 16-bit number: when each came, in ticks, or that it was lost; what is said last counts."""
    found: dict[int, int | None] = {}
    for feedback in feedbacks_:
        (feedback,) = parse_rtcp(pack_rtcp(feedback))  # type: ignore[assignment]  # it is one
        came = dict(feedback.arrivals)
        for offset in range(feedback.packets):
            found[(feedback.base_sequence + offset) & 0xFFFF] = came.get(offset)
    return found


@pytest.mark.parametrize("start", [0, 1, 32_767, 65_530, 65_535])
@pytest.mark.parametrize("seed", range(5))
def test_all_that_came_is_told_whatever_was_lost_late_or_came_twice(start: int, seed: int) -> None:
    random = Random(seed)
    arrivals = Arrivals()
    came: dict[int, int] = {}
    waiting: list[tuple[float, int]] = []
    for number in range(2000):
        at = 1000.0 + number * 0.004
        if number and random.random() < 0.1:
            continue
        waiting.append((at + (random.random() * 0.3 if random.random() < 0.1 else 0.0), number))
        if random.random() < 0.05:
            waiting.append((at + random.random(), number))
    said = []
    for at, number in sorted(waiting):
        wire = (start + number) & 0xFFFF
        arrivals.on_packet(wire, 5, at)
        came.setdefault(wire, int(at / TICK_S) % 2**32)
        said += arrivals.feedback(1, at)
    said += arrivals.feedback(1, 2000.0)
    assert {wire: ticks for wire, ticks in told(said).items() if ticks is not None} == came
    assert set(told(said)) <= {(start + number) & 0xFFFF for number in range(2000)}
    assert [(after.number - before.number) % 256 for before, after in pairwise(said)] == [1] * (len(said) - 1)
    assert {feedback.ssrc for feedback in said} == {5}


def test_feedback_comes_as_often_as_the_room_ticks_and_only_when_something_came() -> None:
    arrivals = Arrivals()
    assert arrivals.feedback(1, 0.0) == []
    arrivals.on_packet(7, 5, 1.0)
    assert len(arrivals.feedback(1, 1.0)) == 1
    assert arrivals.feedback(1, 2.0) == []
    arrivals.on_packet(8, 5, 2.0)
    assert len(arrivals.feedback(1, 2.0)) == 1
    arrivals.on_packet(9, 5, 2.01)
    assert arrivals.feedback(1, 2.0 + EVERY_S / 2) == []
    (feedback,) = arrivals.feedback(1, 2.0 + 1.1 * EVERY_S)
    assert (feedback.base_sequence, feedback.packets) == (9, 1)


def test_a_pause_longer_than_a_step_begins_another_feedback() -> None:
    arrivals = Arrivals()
    arrivals.on_packet(1, 5, 1.0)
    arrivals.on_packet(3, 5, 1.0 + (MAX_STEP_TICKS + 1) * TICK_S)
    first, second = arrivals.feedback(1, 20.0)
    assert (first.base_sequence, first.packets, second.base_sequence, second.packets) == (1, 2, 3, 1)


def test_a_long_row_is_told_in_parts() -> None:
    arrivals = Arrivals()
    for number in range(1000):
        arrivals.on_packet(number, 5, 1.0 + number / 100_000)
    said = arrivals.feedback(1, 2.0)
    assert [feedback.packets for feedback in said] == [MOST_TOLD, MOST_TOLD, 200]
    assert all(len(pack_rtcp(feedback)) < 1000 for feedback in said)


def test_a_jump_begins_anew_and_what_is_much_too_late_is_not_told() -> None:
    arrivals = Arrivals()
    arrivals.on_packet(10, 5, 1.0)
    arrivals.on_packet(10 + MAX_COUNT, 5, 1.0)
    (feedback,) = arrivals.feedback(1, 1.0)
    assert (feedback.base_sequence, feedback.packets) == (10 + MAX_COUNT, 1)
    arrivals.on_packet(10 + MAX_COUNT - REMEMBERED, 5, 1.1)
    assert arrivals.feedback(1, 2.0) == []


def test_whoever_numbers_wildly_costs_little() -> None:
    arrivals = Arrivals()
    random = Random(1)
    for step in range(5000):
        arrivals.on_packet(random.getrandbits(16), 5, step / 100)
        said = arrivals.feedback(1, step / 100)
        assert len(said) <= 2 + MAX_COUNT // MOST_TOLD
        assert all(pack_rtcp(feedback) for feedback in said)
