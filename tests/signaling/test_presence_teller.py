"""Presence is told at once, then paced, and whoever has something urgent to say does not wait behind it."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from contract.base import Message
from contract.errors import ByeCode
from contract.ids import SessionId
from contract.people import Presence, PresenceEntry
from contract.server import PresenceChanged, Reconnect
from runtime.supervise import TaskScope
from signaling.auth.principal import Principal
from signaling.live.presence_frames import PresenceFrames
from signaling.live.presence_teller import TOGETHER, PresenceTeller
from signaling.live.sessions import ClientSessions
from tests.signaling.domain.people import CHEN, LIU, NOW
from tests.support.holder import usual_grants
from tests.support.until import until

pytestmark = pytest.mark.unit


@dataclass
class Heard:
    """A connection that remembers what was said through it."""

    frames: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.frames.append(text)

    async def room(self) -> None:
        """There always is."""

    def bye(self, code: ByeCode, reconnect: Reconnect, *, retry_after_s: float | None = None) -> None:
        raise AssertionError("nobody leaves here")


def clients(count: int) -> tuple[ClientSessions, list[Heard]]:
    sessions, heard = ClientSessions(keep_s=60), [Heard() for _ in range(count)]
    who = Principal(LIU, usual_grants(LIU), b"cookie")
    for number, connection in enumerate(heard):
        sessions.attach(SessionId(f"s-{number}"), who, "device", connection, 0.0)
    return sessions, heard


def entry(presence: Presence) -> PresenceEntry:
    return PresenceEntry(person=CHEN, presence=presence, since_ms=NOW)


def frame(*entries: PresenceEntry) -> str:
    message: Message = PresenceChanged(entries=list(entries))
    return message.model_dump_json()


@contextlib.asynccontextmanager
async def telling(sessions: ClientSessions) -> AsyncIterator[PresenceTeller]:
    scope, teller = TaskScope("test"), PresenceTeller(PresenceFrames(), sessions)
    scope.spawn(teller.run(), name="teller")
    try:
        yield teller
    finally:
        await scope.aclose()


async def test_the_first_change_is_told_at_once_and_of_later_ones_the_newest() -> None:
    sessions, [heard] = clients(1)
    free, busy, away = entry(Presence.FREE), entry(Presence.BUSY), entry(Presence.AWAY)
    async with telling(sessions) as teller:
        teller.tell([free])
        await until(lambda: heard.frames)
        teller.tell([busy])
        teller.tell([away])
        await until(lambda: len(heard.frames) == 2)
    assert heard.frames == [frame(free), frame(away)]


async def test_others_have_their_turn_before_a_whole_chain_is_told() -> None:
    sessions, heard = clients(3 * TOGETHER)
    told = [0]
    async with telling(sessions) as teller:
        teller.tell([entry(Presence.BUSY)])
        for _ in range(20):
            await asyncio.sleep(0)
            told.append(sum(len(one.frames) for one in heard))
    assert max(after - before for before, after in itertools.pairwise(told)) <= TOGETHER
    assert {tuple(one.frames) for one in heard} == {(frame(entry(Presence.BUSY)),)}
