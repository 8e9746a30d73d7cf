"""Delivers chat: stores what is sent in groups, tells it after the commit, keeps the cursors of every device.

Live delivery and catch-up show the same rows; a client that misses a sequence number asks for it with `sync`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from contract.client import Ack, Read, Send, Sync
from contract.errors import ErrorCode, PasslineError, Rejection, Unavailable
from contract.ids import ChannelId, PersonId, room_channel
from contract.server import Error, Receipt, Sent, Synced
from runtime import clock
from runtime.logs import get_logger
from signaling.domain.chat import Cursor, check_writer, may_read, readers, room_of
from signaling.live.rooms import Rooms
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.store import messages
from signaling.store import rooms as rows
from signaling.store.engine import Database
from signaling.store.messages import NewMessage, Stored

log = get_logger(__name__)

QUEUE_MESSAGES = 5_000
"""Policy: a further one is answered `busy` and the client's outbox sends it again."""
BATCH_MESSAGES = 500
CURSORS_S = 0.1
"""Cursors are written together so often."""
MAX_DIRTY = 10_000

Moves = dict[tuple[PersonId, str, ChannelId], Cursor]


@dataclass(slots=True)
class _Outgoing:
    session: ClientSession
    message: NewMessage


@dataclass(slots=True)
class _Receipts:
    """How far people have come in the channels of one write, before and after."""

    before: dict[tuple[ChannelId, PersonId], Cursor] = field(default_factory=dict)
    after: dict[tuple[ChannelId, PersonId], Cursor] = field(default_factory=dict)
    senders: dict[ChannelId, set[PersonId]] = field(default_factory=dict)


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
        message = NewMessage(ch=wish.ch, cid=wish.cid, sender=session.who.id, body=wish.body)
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
        outcomes: Sequence[Stored | PasslineError]
        try:
            outcomes = await self._database.write(
                partial(messages.append, batch=news, check=self._check, now_ms=clock.wall_ms())
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

    def _check(self, message: NewMessage) -> None:
        room = self._rooms.get(room_of(message.ch))
        if room is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such channel")
        check_writer(room.state, message.sender)

    # --- catching up ----------------------------------------------------------------------------------------------

    async def sync(self, session: ClientSession, wish: Sync) -> None:
        """Answer with the messages after `wish.after`, then `synced`. Raises Rejection(`not_found`)."""
        await self._check_reader(session, wish.ch)
        async with self._database.read() as reading:
            page = await messages.page(reading, wish.ch, wish.after, wish.limit)
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
            async with self._database.read() as reading:
                found |= {room_channel(room) for room in await rows.participated(reading, who, unknown)}
        return found

    async def heads(self, who: PersonId, channels: Sequence[ChannelId]) -> dict[ChannelId, int]:
        """The newest sequence numbers of those of `channels` that `who` may read."""
        readable = await self.readable(who, channels)
        if not readable:
            return {}
        async with self._database.read() as reading:
            return await messages.heads(reading, readable)

    async def receipts(self, who: PersonId, channels: Sequence[ChannelId]) -> list[Receipt]:
        """How far the others have come in channels where `who` wrote, for the ticks after a reload."""
        async with self._database.read() as reading:
            written = await messages.written_in(reading, who, channels)
            cursors = await messages.cursors(reading, written) if written else {}
        return [
            Receipt(ch=channel, person=person, delivered=cursor.delivered, read=cursor.read)
            for (channel, person), cursor in cursors.items()
        ]

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
                receipts = await self._database.write(partial(_forward, moves=moves))
            except (SQLAlchemyError, Unavailable):
                log.exception("cursors were not stored", cursors=len(moves))
                continue  # the devices say more later; a cursor that lags costs a few messages sent again
            self._tell(receipts)

    def _tell(self, receipts: _Receipts) -> None:
        for (channel, person), cursor in receipts.after.items():
            if receipts.before.get((channel, person)) == cursor:
                continue
            receipt = Receipt(ch=channel, person=person, delivered=cursor.delivered, read=cursor.read)
            text = receipt.model_dump_json()
            for reader in receipts.senders.get(channel, set()) | {person}:
                self._sessions.say(reader, text)


async def _forward(session: AsyncSession, *, moves: Moves) -> _Receipts:
    channels = {channel for _, _, channel in moves}
    before = await messages.cursors(session, channels)
    await messages.forward(session, moves)
    after = await messages.cursors(session, channels)
    return _Receipts(before, after, {channel: await messages.senders(session, channel) for channel in channels})


def _refusal(message: NewMessage, error: PasslineError) -> Error:
    return Error(code=error.code, cid=message.cid, detail=error.detail, retry_after_s=error.retry_after_s)
