"""What a room leaves in the audit."""

from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from contract.rooms import EndReason, MemberChanged, MemberState, RoomClosed, RoomEvent, RoomState, StillRequested
from runtime.settings import Settings
from signaling.store import rooms
from signaling.store.engine import Database
from signaling.store.tables import AuditRow
from tests.support import chain

pytestmark = pytest.mark.flow

AT = chain.STARTED_MS


async def test_a_call_tells_who_started_joined_asked_left_and_how_it_ended(tmp_path: Path) -> None:
    await chain.seed_chain(Settings(data=tmp_path), [])
    over = chain.finished_call().state
    caller, expert = over.members[0], over.members[1]
    opened: RoomState = over.model_copy(
        update={
            "ver": 0,
            "closed_at": None,
            "recording": None,
            "members": [
                caller.model_copy(update={"state": MemberState.JOINED}),
                expert.model_copy(update={"state": MemberState.RINGING, "joined_at": None}),
            ],
        }
    )
    joined = expert.model_copy(update={"state": MemberState.JOINED, "joined_at": AT + 2000})
    left = caller.model_copy(update={"left_at": AT + 9000})

    async def work(session: AsyncSession) -> None:
        await rooms.create(session, opened)
        state = opened
        facts: list[tuple[int, list[RoomEvent]]] = [
            (AT + 2000, [MemberChanged(member=joined)]),
            (AT + 3000, [MemberChanged(member=joined.model_copy(update={"muted": True}))]),
            (AT + 5000, [StillRequested(by=expert.person.id, of=caller.person.id)]),
            (AT + 9000, [MemberChanged(member=left), RoomClosed(at=AT + 9000, end=EndReason.HUNG_UP)]),
        ]
        for at_ms, events in facts:
            state = state.model_copy(update={"ver": state.ver + len(events)})
            await rooms.save(session, state, events, at_ms)

    async with Database(tmp_path / "passline.db") as database:
        await database.write(work)
        async with database.read() as session:
            rows = list(await session.scalars(select(AuditRow).order_by(text("rowid"))))
    assert [(row.action, row.person_id, row.detail) for row in rows] == [
        ("call_started", "p-store-0117", ""),
        ("room_joined", "p-chen", ""),
        ("still_asked", "p-chen", ""),
        ("room_left", "p-store-0117", ""),
        ("room_closed", None, "hung_up"),
    ]
    assert {row.object for row in rows} == {chain.ROOM}
