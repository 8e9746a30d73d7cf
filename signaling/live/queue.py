"""Gives waiting calls their turn, and tells everybody concerned who waits and for about how long.

Nothing is kept here: the queue is what the rooms say. `run` looks when somebody says `wake` (an expert is no longer as
they were, a call began or stopped to wait) and, while anything waits, now and then, as a shift may begin.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from contract.ids import RoomId
from contract.queue import QueuedCall
from contract.rooms import RoomState
from contract.server import QueueChanged
from runtime import clock
from signaling.auth.principal import Principal
from signaling.domain import queue
from signaling.domain.commands import TurnCame
from signaling.domain.routing import Expert
from signaling.live.room import LiveRoom
from signaling.live.sessions import ClientSessions

MOST_WAIT = 100
"""Policy: a further call does not wait, the store is called back. Nobody would wait for the end of so many."""
AGAIN_S = 5.0
LENGTHS = 200
"""Calls whose length is remembered; the oldest is forgotten first."""
IN_ONE = 50
"""Calls in one message, which stays well below the largest frame."""


class Waiting(Protocol):
    """The rooms, as the queue needs them."""

    def waiting(self) -> list[RoomState]: ...

    def everybody(self) -> list[Expert]: ...

    def get(self, room: RoomId) -> LiveRoom | None: ...


class LiveQueue:
    """`run` gives turns and tells; `ended` teaches it how long calls take."""

    def __init__(self, sessions: ClientSessions, *, most_ms: int, break_ms: int) -> None:
        self._sessions = sessions
        self._most_ms = most_ms
        self._break_ms = break_ms
        self._lengths_ms: deque[int] = deque(maxlen=LENGTHS)
        self._told: list[QueuedCall] = []
        self._touched = asyncio.Event()

    def wait_ms(self, waiting: int) -> int:
        """How long one more call may wait behind so many; 0: it may not."""
        return self._most_ms if waiting < MOST_WAIT else 0

    def ended(self, states: Iterable[RoomState]) -> None:
        """These rooms are closed; how long those of them took that are answered calls with a store."""
        for state in states:
            if state.call is None or state.call.store is None:
                continue
            answer = state.call.timings.answer
            if answer is not None and state.closed_at is not None:
                self._lengths_ms.append(max(0, state.closed_at - answer))

    def wake(self) -> None:
        """Something may have changed."""
        self._touched.set()

    def snapshot(self, viewer: Principal) -> QueueChanged:
        """What `viewer` may see, as it was told last."""
        return _message(_seen(viewer, self._told))

    async def run(self, rooms: Waiting) -> None:
        """Give turns and tell changes as they come."""
        while True:
            self._touched.clear()
            waiting = rooms.waiting()
            self._look(rooms, waiting)
            try:
                async with asyncio.timeout(AGAIN_S if waiting else None):
                    await self._touched.wait()
            except TimeoutError:
                pass

    def _look(self, rooms: Waiting, waiting: list[RoomState]) -> None:
        now_ms = clock.wall_ms()
        experts = rooms.everybody() if waiting else []
        lines = queue.lines(waiting, experts, self._lengths_ms, now_ms, break_ms=self._break_ms)
        due = {line.room for line in lines if not line.experts} | queue.turns(waiting, experts, now_ms).keys()
        for room_id in due:
            if (room := rooms.get(room_id)) is not None:
                room.put(TurnCame())
        before, self._told = self._told, lines
        if before == lines:
            return
        for session in self._sessions.everyone():
            seen = _seen(session.who, lines)
            if seen != _seen(session.who, before):
                session.tell(_message(seen))


def _seen(viewer: Principal, lines: Iterable[QueuedCall]) -> list[QueuedCall]:
    return [line for line in lines if queue.may_see(viewer, line)]


def _message(seen: list[QueuedCall]) -> QueueChanged:
    return QueueChanged(calls=seen[:IN_ONE], more=len(seen[IN_ONE:]))
