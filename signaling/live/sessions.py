"""The clients' signaling sessions and the connections they have at the moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from contract.base import Message
from contract.errors import ByeCode
from contract.ids import PersonId, SessionId
from contract.server import Reconnect
from signaling.auth.principal import Principal


class Connection(Protocol):
    """One WebSocket, seen from inside."""

    def say(self, text: str) -> None:
        """Queue one frame; never waits. A consumer that is too slow is cut."""
        ...

    async def room(self) -> None:
        """Wait until a client that reads slowly has taken enough to be told much at once."""
        ...

    def bye(self, code: ByeCode, reconnect: Reconnect, *, retry_after_s: float | None = None) -> None:
        """Say goodbye and close."""
        ...


@dataclass(slots=True, eq=False)
class ClientSession:
    """One client's conversation; it outlives its connections."""

    id: SessionId
    who: Principal
    device: str
    connection: Connection | None = None
    gone_at: float | None = None
    heard_at: float = 0.0
    """When its last frame came, or its connection ended; monotonic seconds."""
    left: bool = False
    """The last connection was closed by the client, not by us or by silence."""
    agent: str = ""
    """The User-Agent of its connection; only its own person is told what it says."""

    def tell(self, message: Message) -> None:
        self.say(message.model_dump_json())

    def say(self, text: str) -> None:
        if self.connection is not None:
            self.connection.say(text)

    async def room(self) -> None:
        """Before telling a page of messages: what was asked for never makes a client too slow."""
        if self.connection is not None:
            await self.connection.room()


class ClientSessions:
    """All sessions that are connected, or were up to `keep_s` ago."""

    def __init__(self, *, keep_s: float) -> None:
        self._keep_s = keep_s
        self._sessions: dict[SessionId, ClientSession] = {}
        self._by_person: dict[PersonId, set[ClientSession]] = {}

    def attach(
        self, session: SessionId, who: Principal, device: str, connection: Connection, now: float, *, agent: str = ""
    ) -> ClientSession:
        """The session speaks through `connection` from now on; one it had before is told that it was replaced."""
        known = self._sessions.get(session)
        if known is None:
            known = self._sessions[session] = ClientSession(session, who, device)
            self._by_person.setdefault(who.id, set()).add(known)
        if known.connection is not None:
            known.connection.bye(ByeCode.REPLACED, Reconnect.NEVER)
        known.who = who
        known.agent = agent
        known.connection = connection
        known.gone_at = None
        known.heard_at = now
        known.left = False
        return known

    def detach(self, session: ClientSession, connection: Connection, now: float, *, left: bool) -> bool:
        """The connection has ended, closed by the client if `left`. False if the session has another one already."""
        if session.connection is not connection:
            return False
        session.connection = None
        session.gone_at = now
        session.left = left
        if left:
            session.heard_at = now
        for old in [s for s in self._sessions.values() if s.gone_at is not None and now >= s.gone_at + self._keep_s]:
            self._forget(old)
        return True

    def find(self, session: SessionId) -> ClientSession | None:
        return self._sessions.get(session)

    def connected(self, session: SessionId | None) -> bool:
        found = self._sessions.get(session) if session is not None else None
        return found is not None and found.connection is not None

    def of(self, person: PersonId) -> Iterable[ClientSession]:
        return tuple(self._by_person.get(person, ()))

    def everyone(self) -> Iterable[ClientSession]:
        return tuple(self._sessions.values())

    def say(self, person: PersonId, text: str) -> None:
        """Queue an encoded frame for every connection of `person`."""
        for session in self._by_person.get(person, ()):
            session.say(text)

    def end(self, session: ClientSession, code: ByeCode, reconnect: Reconnect) -> None:
        """Cut the session for good."""
        if session.connection is not None:
            session.connection.bye(code, reconnect)

    def _forget(self, session: ClientSession) -> None:
        self._sessions.pop(session.id, None)
        of_person = self._by_person[session.who.id]
        of_person.discard(session)
        if not of_person:
            del self._by_person[session.who.id]
