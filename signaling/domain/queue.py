"""The queue of calls that wait because whoever fits is busy: whose turn it is, for whom, and about how long it takes.

Pure. A call waits in its own room's state; the queue is nothing but those rooms in their order, looked at with the
experts as they are.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from contract.ids import PersonId, RoomId
from contract.people import Grant, Person
from contract.queue import QueuedCall
from contract.rooms import Call, CallStage, MemberState, RoomState
from signaling.domain.access import Act, may, place_of
from signaling.domain.draft import find
from signaling.domain.routing import Expert, fitting

LEAST_CALLS = 3
"""From so many calls on their lengths say something."""
LONGEST_MS = 3_600_000
"""A call that somebody forgot to hang up counts as this long."""


class Viewer(Protocol):
    """Who looks: a Principal."""

    @property
    def grants(self) -> Sequence[Grant]: ...


def in_order(states: Iterable[RoomState]) -> list[RoomState]:
    """Those of `states` that wait, the next one first: what is urgent, then whoever called first."""
    waiting = [state for state in states if state.closed_at is None and _waits(state)]
    return sorted(waiting, key=lambda state: (_call(state).urgent_at is None, state.opened_at, state.id))


def _waits(state: RoomState) -> bool:
    return state.call is not None and state.call.stage is CallStage.WAITING


def able(state: RoomState, experts: Iterable[Expert], now_ms: int) -> list[Person]:
    """Who fits a step of the call's chain and is at work: free, busy, or reached by push. Nobody whom it rang in vain
    is among them."""
    there = [replace(one, free=True) for one in rungable(state, experts) if one.free or one.busy or one.by_push]
    found: dict[PersonId, Person] = {}
    call = _call(state)
    for step in call.steps:
        found |= {person.id: person for person in fitting(step, call.reason, call.language, there, now_ms)}
    return list(found.values())


def rungable(state: RoomState, experts: Iterable[Expert]) -> list[Expert]:
    """Those for stores like this one whom the call has not rung, or who took another one instead."""
    call = _call(state)
    ours = (one for one in experts if call.store is None or one.reach.covers(place_of(call.store)))
    return [one for one in ours if find(state, one.person.id) is None or one.person.id in call.passed_by]


def worth_waiting(state: RoomState, experts: Iterable[Expert], now_ms: int, wait_ms: int) -> bool:
    """Whether a call that nobody rings for waits: somebody who fits is busy, and it has not waited its time.

    Nobody has promised to call back either: a time that is known is better than one that is not. Only stores wait:
    colleagues see that they were called.
    """
    call = _call(state)
    if call.promise is not None or call.store is None:
        return False
    long_enough = wait_ms <= 0 if call.wait_until is None else now_ms >= call.wait_until
    return not long_enough and bool(able(state, [one for one in experts if one.busy], now_ms))


def turns(waiting: Sequence[RoomState], experts: Iterable[Expert], now_ms: int) -> dict[RoomId, PersonId]:
    """Which of the calls, in their order, rings whom of those who are free; nobody is promised to two.

    A tablet that is away keeps its place, and nobody is called to it.
    """
    free = {one.person.id: one for one in experts if one.free or one.by_push}
    promised: dict[RoomId, PersonId] = {}
    for state in waiting:
        if not free:
            break
        call = _call(state)
        caller = find(state, call.caller)
        if caller is None or caller.state is not MemberState.JOINED:
            continue
        theirs = rungable(state, free.values())
        best = (fitting(step, call.reason, call.language, theirs, now_ms) for step in call.steps)
        if (first := next((ranked[0] for ranked in best if ranked), None)) is not None:
            promised[state.id] = first.id
            del free[first.id]
    return promised


def unpromised(
    experts: Sequence[Expert], waiting: Sequence[RoomState], now_ms: int, room: RoomId | None
) -> list[Expert]:
    """The experts as the call in `room`, or a new one, may ring them: whoever is promised to another call is busy."""
    taken = {person for other, person in turns(waiting, experts, now_ms).items() if other != room}
    return [replace(one, free=False, by_push=False, busy=True) if one.person.id in taken else one for one in experts]


def expected_wait_s(position: int, able_count: int, lengths_ms: Sequence[int]) -> int | None:
    """How long the call at `position`, from 1, waits by recent calls; None: too few to tell, or nobody would answer.

    Of `able_count` who are each busy for a mean call, one becomes free after that divided by their number: how long
    they have been in their calls already says nothing of how long they stay.
    """
    if able_count < 1 or len(lengths_ms) < LEAST_CALLS:
        return None
    mean_ms = sum(min(length, LONGEST_MS) for length in lengths_ms) / len(lengths_ms)
    return math.ceil(mean_ms * position / able_count / 1000)


def lines(
    waiting: Sequence[RoomState],
    experts: Sequence[Expert],
    lengths_ms: Sequence[int],
    now_ms: int,
    *,
    break_ms: int | None = None,
) -> list[QueuedCall]:
    """Everything that waits, in its order. What is urgent may break in on who is busy after `break_ms`; None: never."""
    made: list[QueuedCall] = []
    for state in waiting:
        call = _call(state)
        assert call.store is not None  # only stores wait
        fit = [person.id for person in able(state, experts, now_ms)]
        position = 1 + sum(not set(fit).isdisjoint(before.experts) for before in made)
        made.append(
            QueuedCall(
                room=state.id,
                store=call.store,
                reason=call.reason,
                since=call.timings.tap,
                until=call.wait_until or call.ring_until,
                urgent=call.urgent_at is not None,
                break_at=None if call.urgent_at is None or break_ms is None else call.urgent_at + break_ms,
                position=position,
                about_s=expected_wait_s(position, len(fit), lengths_ms),
                experts=fit,
            )
        )
    return made


def may_see(viewer: Viewer, line: QueuedCall) -> bool:
    """Whether the store that waits is `viewer`'s own, or one they help or answer for."""
    return may(Act.SEE_QUEUE, viewer.grants, place_of(line.store))


def _call(state: RoomState) -> Call:
    assert state.call is not None
    return state.call
