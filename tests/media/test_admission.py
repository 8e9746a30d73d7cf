"""Who is let in by a worker that measures itself."""

from dataclasses import dataclass, field

import pytest

from media.admission import (
    FIRST_WAIT_S,
    LATE_S,
    LEAST_S,
    LEG_PART,
    LONGEST_WAIT_S,
    NEXT_WAIT_S,
    WINDOW_S,
    Admission,
)

pytestmark = pytest.mark.unit

MOST = 0.8
TICK_S = 0.05


@dataclass
class Worker:
    """An Admission whose time, use of the core and lateness a test decides."""

    admission: Admission = field(default_factory=lambda: Admission(MOST))
    now: float = 1000.0
    cpu_s: float = 50.0

    def run(self, seconds: float, *, share: float, late_s: float = 0.0, legs: int = 100) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.now += TICK_S
            self.cpu_s += share * TICK_S
            self.admission.measure(self.now, self.cpu_s, late_s, legs)

    def refuse(self, legs: int = 100) -> float | None:
        return self.admission.refuse(self.now, legs)


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_the_share_is_that_of_the_last_seconds(worker: Worker) -> None:
    worker.run(10.0, share=0.1)
    worker.run(WINDOW_S + TICK_S, share=0.6)
    assert worker.admission.share == pytest.approx(0.6)


def test_one_busy_moment_keeps_nobody_out(worker: Worker) -> None:
    worker.run(10.0, share=0.1)
    worker.run(0.5, share=1.0)
    assert worker.refuse() is None


def test_nothing_is_known_of_a_worker_that_just_began(worker: Worker) -> None:
    worker.run(LEAST_S - TICK_S, share=1.0)
    assert worker.admission.share == 0.0
    assert worker.refuse() is None


def test_a_full_worker_takes_nobody_new_until_it_is_clearly_below_its_limit(worker: Worker) -> None:
    worker.run(5.0, share=0.85)
    assert worker.refuse() == FIRST_WAIT_S
    worker.run(5.0, share=0.75)
    assert worker.refuse() is not None, "a leg more would make it full again"
    worker.run(5.0, share=0.6)
    assert worker.refuse() is None


def test_a_late_loop_is_full_if_it_is_its_own_doing(worker: Worker) -> None:
    worker.run(5.0, share=0.2, late_s=2 * LATE_S)
    assert worker.refuse() is None, "others use the core: refusing would not help"
    worker.run(5.0, share=0.5, late_s=2 * LATE_S)
    assert worker.refuse() is not None


def test_what_those_who_are_here_cannot_use_keeps_nobody_out(worker: Worker) -> None:
    worker.run(5.0, share=1.0, late_s=LATE_S, legs=1)
    assert worker.refuse(legs=1) is None, "somebody throws junk at the port"
    worker.run(5.0, share=1.0, legs=40)
    assert worker.refuse(legs=40) is not None


def test_one_long_stop_is_not_a_late_loop(worker: Worker) -> None:
    worker.run(5.0, share=0.5)
    worker.run(TICK_S, share=0.5, late_s=60.0)
    worker.run(0.2, share=0.5)
    assert worker.refuse() is None


def test_those_who_came_a_moment_ago_count_with_what_one_costs_here(worker: Worker) -> None:
    worker.run(10.0, share=0.5)
    let_in = 0
    while worker.refuse(legs=100 + let_in) is None:
        let_in += 1
        assert let_in < 1000
    assert let_in == pytest.approx((MOST - 0.5) / (0.5 / 100), abs=2)
    worker.run(WINDOW_S + TICK_S, share=0.5, legs=100 + let_in)
    assert worker.refuse(legs=100 + let_in) is None, "they cost nothing after all"


def test_who_rings_and_is_gone_again_keeps_nobody_out(worker: Worker) -> None:
    for _ in range(20):  # six come at once, and five leave when the sixth is answered
        worker.run(1.0, share=0.1, legs=6)
        worker.run(0.2, share=0.1, legs=1)
        assert [worker.refuse(legs=legs) for legs in range(1, 7)] == [None] * 6


def test_a_crowd_before_an_idle_worker_is_let_in_as_far_as_one_costs_at_least(worker: Worker) -> None:
    worker.run(10.0, share=0.0, legs=0)
    let_in = 0
    while worker.refuse(legs=let_in) is None:
        let_in += 1
        assert let_in < 10_000
    assert let_in == pytest.approx(MOST / LEG_PART, abs=2)


def test_the_refused_are_called_back_one_after_the_other(worker: Worker) -> None:
    worker.run(5.0, share=1.0)
    waits = [worker.refuse() for _ in range(1000)]
    assert waits[:3] == pytest.approx([FIRST_WAIT_S + n * NEXT_WAIT_S for n in range(3)])
    assert waits[-1] == LONGEST_WAIT_S
    worker.run(WINDOW_S + TICK_S, share=1.0)
    assert worker.refuse() == FIRST_WAIT_S


def test_a_worker_without_a_limit_measures_and_takes_everybody() -> None:
    worker = Worker(Admission(0.0))
    worker.run(5.0, share=1.0, late_s=1.0)
    assert worker.admission.share == pytest.approx(1.0)
    assert worker.refuse(legs=10_000) is None
    assert not worker.admission.full
