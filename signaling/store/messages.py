"""Chat messages and the cursors of the devices that read them: the row is the message.

Sequence numbers have no holes and no doubles per channel, because they are given inside the write transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, func, or_, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, PasslineError, Rejection
from contract.ids import ChannelId, ClientMessageId, PersonId
from contract.people import Operator
from contract.server import ChatMessage
from signaling.domain.chat import Cursor
from signaling.store.tables.base import table
from signaling.store.tables.messages import ChannelRow, CursorRow, MessageRow

_ADD = insert(table(MessageRow))
_cursor = table(CursorRow)
_new_cursor = insert(_cursor)
_FORWARD = _new_cursor.on_conflict_do_update(
    index_elements=["person_id", "device", "channel_id"],
    set_={name: func.max(_cursor.c[name], _new_cursor.excluded[name]) for name in ("delivered", "read")},
)

Moves = dict[tuple[PersonId, str, ChannelId], Cursor]
"""How far a device (person, device, channel) wants its cursor, or was put."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message on its way in."""

    ch: ChannelId
    cid: ClientMessageId
    sender: PersonId
    body: str
    operator: Operator | None = None
    """Who has taken the sender over, which is a tablet."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of it: `fresh` if it was not there before."""

    message: ChatMessage
    fresh: bool


async def append(
    session: AsyncSession, batch: Sequence[NewMessage], refusals: Sequence[PasslineError | None], now_ms: int
) -> list[Stored | PasslineError]:
    """Store a batch in its order; one outcome for each.

    The same (sender, cid) again answers the stored message, or `conflict` if it says something else. `refusals` says
    of each message why it may not be stored, which counts only if it is new.
    """
    known = await _known(session, batch)
    outcomes: list[Stored | PasslineError | ChatMessage] = []
    fresh: dict[ChannelId, list[ChatMessage]] = {}
    for new, refusal in zip(batch, refusals, strict=True):
        key = (new.sender, new.cid)
        if key in known:
            before = known[key]
            same = before.ch == new.ch and before.body == new.body
            outcomes.append(before if same else Rejection(ErrorCode.CONFLICT, "this cid said something else"))
            continue
        if refusal is not None:
            outcomes.append(refusal)
            continue
        message = ChatMessage(
            ch=new.ch, seq=0, cid=new.cid, sender=new.sender, ts=now_ms, body=new.body, operator=new.operator
        )
        known[key] = message
        fresh.setdefault(new.ch, []).append(message)
        outcomes.append(message)
    numbered = await _number(session, fresh)
    if numbered:
        await session.execute(_ADD, [_row(message) for message in numbered.values()])
    first: set[tuple[PersonId, ClientMessageId]] = set()
    answers: list[Stored | PasslineError] = []
    for outcome in outcomes:
        if isinstance(outcome, ChatMessage):
            key = (outcome.sender, outcome.cid)
            answers.append(Stored(numbered.get(key, outcome), fresh=key in numbered and key not in first))
            first.add(key)
        else:
            answers.append(outcome)
    return answers


async def _known(
    session: AsyncSession, batch: Sequence[NewMessage]
) -> dict[tuple[PersonId, ClientMessageId], ChatMessage]:
    keys = [(new.sender, new.cid) for new in batch]
    rows = await session.scalars(select(MessageRow).where(tuple_(MessageRow.sender_id, MessageRow.cid).in_(keys)))
    return {(PersonId(row.sender_id), ClientMessageId(row.cid)): as_message(row) for row in rows}


async def _number(
    session: AsyncSession, fresh: dict[ChannelId, list[ChatMessage]]
) -> dict[tuple[PersonId, ClientMessageId], ChatMessage]:
    """Give each message its place: all channels move in one statement, which holds their rows until the commit."""
    if not fresh:
        return {}
    more = case({channel: len(messages) for channel, messages in fresh.items()}, value=ChannelRow.id)
    moved = await session.execute(
        update(ChannelRow)
        .where(ChannelRow.id.in_(list(fresh)))
        .values(head=ChannelRow.head + more)
        .returning(ChannelRow.id, ChannelRow.head)
        .execution_options(synchronize_session=False)
    )
    heads = {row.id: row.head for row in moved}
    assert len(heads) == len(fresh), "a channel is created with its room"
    return {
        (message.sender, message.cid): message.model_copy(update={"seq": seq})
        for channel, messages in fresh.items()
        for seq, message in enumerate(messages, heads[channel] - len(messages) + 1)
    }


def _row(message: ChatMessage) -> dict[str, object]:
    return {
        "channel_id": message.ch,
        "seq": message.seq,
        "cid": message.cid,
        "sender_id": message.sender,
        "body": message.body,
        "at_ms": message.ts,
        "operator": message.operator.model_dump_json() if message.operator is not None else None,
    }


def as_message(row: MessageRow) -> ChatMessage:
    """The row is the message."""
    return ChatMessage(
        ch=ChannelId(row.channel_id),
        seq=row.seq,
        cid=ClientMessageId(row.cid),
        sender=PersonId(row.sender_id),
        ts=row.at_ms,
        body=row.body,
        operator=Operator.model_validate_json(row.operator) if row.operator is not None else None,
    )


async def page(session: AsyncSession, channel: ChannelId, after: int, limit: int) -> list[ChatMessage]:
    """The messages that follow `after`, in order."""
    query = select(MessageRow).where(MessageRow.channel_id == channel, MessageRow.seq > after)
    return [as_message(row) for row in await session.scalars(query.order_by(MessageRow.seq).limit(limit))]


async def heads(session: AsyncSession, channels: Iterable[ChannelId]) -> dict[ChannelId, int]:
    """The newest sequence number of each channel that exists."""
    rows = await session.execute(select(ChannelRow.id, ChannelRow.head).where(ChannelRow.id.in_(list(channels))))
    return {ChannelId(channel): head for channel, head in rows}


async def senders(
    session: AsyncSession, stretches: Mapping[ChannelId, tuple[int, int]]
) -> dict[ChannelId, set[PersonId]]:
    """Everybody who wrote in a stretch (after, up to) of a channel."""
    if not stretches:
        return {}
    within = [
        and_(MessageRow.channel_id == channel, MessageRow.seq > after, MessageRow.seq <= upto)
        for channel, (after, upto) in stretches.items()
    ]
    found: dict[ChannelId, set[PersonId]] = {}
    for channel, sender in await session.execute(
        select(MessageRow.channel_id, MessageRow.sender_id).where(or_(*within)).distinct()
    ):
        found.setdefault(ChannelId(channel), set()).add(PersonId(sender))
    return found


async def cursors(
    session: AsyncSession, channels: Iterable[ChannelId], people: Iterable[PersonId] | None = None
) -> dict[tuple[ChannelId, PersonId], Cursor]:
    """How far each person (of `people`, if given) has come, by its farthest device."""
    query = select(
        CursorRow.channel_id, CursorRow.person_id, func.max(CursorRow.delivered), func.max(CursorRow.read)
    ).where(CursorRow.channel_id.in_(list(channels)))
    if people is not None:
        query = query.where(CursorRow.person_id.in_(list(people)))
    rows = await session.execute(query.group_by(CursorRow.channel_id, CursorRow.person_id))
    return {(ChannelId(ch), PersonId(who)): Cursor(delivered, read) for ch, who, delivered, read in rows}


async def receipts(
    session: AsyncSession, person: PersonId, channels: Sequence[ChannelId]
) -> dict[ChannelId, dict[PersonId, Cursor]]:
    """How far everybody has come in those of `channels` where `person` wrote; in the others only `person`."""
    query = select(MessageRow.channel_id).where(
        MessageRow.sender_id == person, MessageRow.channel_id.in_(list(channels))
    )
    written = {ChannelId(channel) for channel in await session.scalars(query.distinct())}
    at = await cursors(session, written) | await cursors(session, set(channels) - written, [person])
    found: dict[ChannelId, dict[PersonId, Cursor]] = {}
    for (channel, who), cursor in at.items():
        found.setdefault(channel, {})[who] = cursor
    return found


async def forward(session: AsyncSession, moves: Moves) -> Moves:
    """Move the cursors of devices forward; none goes back or beyond its channel's head. Returns where each was put."""
    newest = await heads(session, {channel for _, _, channel in moves})
    put = {
        key: Cursor().forward(delivered=wished.delivered, read=wished.read, head=newest[key[2]])
        for key, wished in moves.items()
        if key[2] in newest
    }
    rows = [
        {
            "person_id": person,
            "device": device,
            "channel_id": channel,
            "delivered": cursor.delivered,
            "read": cursor.read,
        }
        for (person, device, channel), cursor in put.items()
    ]
    if rows:
        await session.execute(_FORWARD, rows)
    return put
