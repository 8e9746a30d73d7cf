"""Delivers chat: stores what is sent in groups, tells it after the commit, keeps the cursors of every device.

Live delivery and catch-up show the same rows; a client that misses a sequence number asks for it with `sync`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from contract.client import Ack, Read, Send, Sync
from contract.errors import ErrorCode, PasslineError, Rejection, Unavailable
from contract.ids import ChannelId, PersonId, room_channel
from contract.server import Error, Reached, Receipt, Sent, Synced
from runtime import clock
from runtime.logs import get_logger
from signaling.domain.chat import Cursor, check_writer, may_read, readers, room_of
from signaling.live.rooms import Rooms
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.store import messages
from signaling.store import rooms as rows
from signaling.store.engine import Database
from signaling.store.messages import Moves, NewMessage, Stored

log = get_logger(__name__)

QUEUE_MESSAGES = 5_000
"""Policy: a further one is answered `busy` and the client's outbox sends it again."""
BATCH_MESSAGES = 500
CURSORS_S = 0.1
"""Cursors are written together so often."""
MAX_DIRTY = 10_000


@dataclass(slots=True)
class _Outgoing:
    session: ClientSession
    message: NewMessage


@dataclass(slots=True)
class _Moved:
    """Who moved in a channel, and who wrote some of what they reached."""

    people: list[Reached] = field(default_factory=list)
    writers: set[PersonId] = field(default_factory=set)


class Chat:
    """All channels. `run_messages` and `run_cursors` are its writers."""

    def __init__(self, rooms: Rooms, sessions: ClientSessions, database: Database) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._database = database
        self._queue: asyncio.Queue[_Outgoing] = asyncio.Queue(QUEUE_MESSAGES)
        self._moves: Moves = {}
        self._moved = asyncio.Event()

    # --- sending --------------------------------------------------------------------------------------------------

    def send(self, session: ClientSession, wish: Send) -> None:
        """Queue a message; `sent` or `error` follows once that is decided."""
        message = NewMessage(
            ch=wish.ch, cid=wish.cid, sender=session.who.id, body=wish.body, operator=session.who.person.operator
        )
        try:
            self._queue.put_nowait(_Outgoing(session, message))
        except asyncio.QueueFull:
            session.tell(_refusal(message, Unavailable(ErrorCode.BUSY, "too many messages", retry_after_s=1.0)))

    async def run_messages(self) -> None:
        """Store and tell, one group after the other."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH_MESSAGES and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._store(batch)

    async def _store(self, batch: Sequence[_Outgoing]) -> None:
        news = [outgoing.message for outgoing in batch]
        refusals = [self._refusal(message) for message in news]
        outcomes: Sequence[Stored | PasslineError]
        try:
            outcomes = await self._database.write(
                partial(messages.append, batch=news, refusals=refusals, now_ms=clock.wall_ms())
            )
        except (SQLAlchemyError, Unavailable):
            log.exception("messages were not stored", messages=len(batch))
            outcomes = [Unavailable(ErrorCode.UNAVAILABLE, "the database", retry_after_s=1.0)] * len(batch)
        for outgoing, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, PasslineError):
                outgoing.session.tell(_refusal(outgoing.message, outcome))
                continue
            stored = outcome.message
            outgoing.session.tell(Sent(cid=stored.cid, ch=stored.ch, seq=stored.seq, ts=stored.ts))
            if outcome.fresh:
                room = self._rooms.get(room_of(stored.ch))
                if room is not None:
                    room.head = max(room.head, stored.seq)
                    text = stored.model_dump_json()
                    for person in readers(room.state):
                        self._sessions.say(person, text)

    def _refusal(self, message: NewMessage) -> PasslineError | None:
        """Why this message may not be stored, should it be new."""
        try:
            room = self._rooms.get(room_of(message.ch))
            if room is None:
                return Rejection(ErrorCode.NOT_FOUND, "no such channel")
            check_writer(room.state, message.sender)
        except PasslineError as error:
            return error
        return None

    # --- catching up ----------------------------------------------------------------------------------------------

    async def sync(self, session: ClientSession, wish: Sync) -> None:
        """Answer with the messages after `wish.after`, then `synced`. Raises Rejection(`not_found`)."""
        await self._check_reader(session, wish.ch)
        await session.room()
        page = await self._database.fetch(partial(messages.page, channel=wish.ch, after=wish.after, limit=wish.limit))
        for message in page:
            session.tell(message)
        upto = page[-1].seq if page else wish.after
        session.tell(Synced(ch=wish.ch, upto=upto, more=len(page) == wish.limit))

    async def readable(self, who: PersonId, channels: Sequence[ChannelId]) -> set[ChannelId]:
        """Those of `channels` that `who` may read."""
        found: set[ChannelId] = set()
        unknown = []
        for channel in channels:
            try:
                room = room_of(channel)
            except Rejection:
                continue
            live = self._rooms.get(room)
            if live is None:
                unknown.append(room)
            elif may_read(live.state, who):
                found.add(channel)
        if unknown:
            kept = await self._database.fetch(partial(rows.participated, person=who, rooms=unknown))
            found |= {room_channel(room) for room in kept}
        return found

    async def heads(self, who: PersonId, channels: Sequence[ChannelId]) -> dict[ChannelId, int]:
        """The newest sequence numbers of those of `channels` that `who` may read; a live room tells its own."""
        readable = [ch for ch in await self.readable(who, channels) if self._rooms.get(room_of(ch)) is None]
        if not readable:
            return {}
        return await self._database.fetch(partial(messages.heads, channels=readable))

    async def receipts(self, who: PersonId, channels: Sequence[ChannelId]) -> list[Receipt]:
        """How far the others have come where `who` wrote, and `who` everywhere: for ticks and unread after a reload.

        Read in the writer's turn, and to be told without waiting: so none is told after a newer one.
        """
        if not channels:
            return []
        found = await self._database.write(partial(messages.receipts, person=who, channels=channels))
        return [Receipt(ch=channel, people=_reached(people)) for channel, people in found.items()]

    async def _check_reader(self, session: ClientSession, channel: ChannelId) -> None:
        if not await self.readable(session.who.id, [channel]):
            raise Rejection(ErrorCode.NOT_FOUND, "no such channel")

    # --- cursors --------------------------------------------------------------------------------------------------

    async def move(self, session: ClientSession, wish: Ack | Read) -> None:
        """A device received or read up to `wish.seq`. Raises Rejection(`not_found`, `busy`)."""
        await self._check_reader(session, wish.ch)
        if len(self._moves) >= MAX_DIRTY:
            raise Unavailable(ErrorCode.BUSY, "too many cursors", retry_after_s=1.0)
        key = (session.who.id, session.device, wish.ch)
        before = self._moves.get(key, Cursor())
        delivered = wish.seq if isinstance(wish, Ack) else 0
        read = wish.seq if isinstance(wish, Read) else 0
        self._moves[key] = before.forward(delivered=delivered, read=read, head=wish.seq)
        self._moved.set()

    async def run_cursors(self) -> None:
        """Write the cursors of a moment together, then tell whom it concerns."""
        while True:
            await self._moved.wait()
            await asyncio.sleep(CURSORS_S)
            self._moved.clear()
            moves, self._moves = self._moves, {}
            try:
                moved = await self._database.write(partial(_forward, moves=moves))
            except (SQLAlchemyError, Unavailable):
                log.exception("cursors were not stored", cursors=len(moves))
                continue  # the devices say more later; a cursor that lags costs a few messages sent again
            self._tell(moved)

    def _tell(self, moved: dict[ChannelId, _Moved]) -> None:
        """Everybody hears of what they wrote themselves, and of their own other devices."""
        for channel, change in moved.items():
            text = Receipt(ch=channel, people=change.people).model_dump_json()
            for writer in change.writers:
                self._sessions.say(writer, text)
            for reached in change.people:
                if reached.person not in change.writers:
                    self._sessions.say(reached.person, Receipt(ch=channel, people=[reached]).model_dump_json())


async def _forward(session: AsyncSession, *, moves: Moves) -> dict[ChannelId, _Moved]:
    channels = {channel for _, _, channel in moves}
    before = await messages.cursors(session, channels, {person for person, _, _ in moves})
    steps: dict[ChannelId, dict[PersonId, tuple[Cursor, Cursor]]] = {}
    for (person, _, channel), at in (await messages.forward(session, moves)).items():
        was = before.get((channel, person), Cursor())
        _, reached = steps.get(channel, {}).get(person, (was, was))
        reached = reached.forward(delivered=at.delivered, read=at.read, head=at.delivered)
        if reached != was:
            steps.setdefault(channel, {})[person] = (was, reached)
    stretches = {
        channel: (min(a for a, _ in spans), max(b for _, b in spans))
        for channel, people in steps.items()
        if (spans := [span for was, now in people.values() for span in was.spans(now)])
    }
    writers = await messages.senders(session, stretches)
    return {
        channel: _Moved(_reached({person: now for person, (_, now) in people.items()}), writers.get(channel, set()))
        for channel, people in steps.items()
    }


def _reached(people: Mapping[PersonId, Cursor]) -> list[Reached]:
    return [Reached(person=person, delivered=at.delivered, read=at.read) for person, at in people.items()]


def _refusal(message: NewMessage, error: PasslineError) -> Error:
    return Error(code=error.code, cid=message.cid, detail=error.detail, retry_after_s=error.retry_after_s)
