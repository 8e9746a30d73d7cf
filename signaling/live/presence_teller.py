"""Tells who is connected how people are now: the first change at once, what changes meanwhile a few times a second.

A call changes several people within a moment, and each telling is a write for everybody who is connected. What is more
urgent, a ring, does not wait behind all of these.
"""

import asyncio
from collections.abc import Iterable

from contract.ids import PersonId
from contract.people import PresenceEntry, Role
from signaling.domain.directory import View, visible
from signaling.live.presence_frames import PresenceFrames
from signaling.live.sessions import ClientSessions

PACE_S = 0.25
"""Between two tellings."""
TOGETHER = 32
"""So many clients are told before others have their turn, some 3 ms."""


class PresenceTeller:
    """Keeps what is to be told; `run` tells it."""

    def __init__(self, frames: PresenceFrames, sessions: ClientSessions) -> None:
        self._frames = frames
        self._sessions = sessions
        self._untold: dict[tuple[PersonId, Role], PresenceEntry] = {}
        """The one changed last last."""
        self._wake = asyncio.Event()

    def tell(self, changed: Iterable[PresenceEntry]) -> None:
        """Soon; of somebody who changes again before, only the newest in each role."""
        for entry in changed:
            key = (entry.person.id, entry.person.role)
            self._untold.pop(key, None)
            self._untold[key] = entry
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, self._untold = list(self._untold.values()), {}
            await self._told(changed)
            await asyncio.sleep(PACE_S)

    async def _told(self, changed: list[PresenceEntry]) -> None:
        texts: dict[View, str | None] = {}
        for number, session in enumerate(self._sessions.everyone(), 1):
            if number % TOGETHER == 0:
                await asyncio.sleep(0)
            if session.connection is None:
                continue
            view = session.who.view
            if view not in texts:
                seen = visible(view, changed)
                texts[view] = self._frames.of(seen) if seen else None
            text = texts[view]
            if text is not None:
                session.say(text)
