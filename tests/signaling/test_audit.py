"""What a room leaves in the audit, and that what is written follows what was, whoever wrote it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId
from contract.rooms import EndReason, MemberChanged, MemberState, RoomClosed, RoomEvent, RoomState, StillRequested
from runtime.settings import Settings
from signaling.store import audit, audit_lines, rooms
from signaling.store.engine import Database, Work
from signaling.store.tables.audit import AuditRow
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


async def test_rows_follow_each_other_whatever_was_undone_and_whoever_else_wrote(tmp_path: Path) -> None:
    await chain.seed_chain(Settings(data=tmp_path), [])

    async def act(session: AsyncSession) -> None:
        await audit.record(session, Action.SIGNED_IN, PersonId("p-chen"))

    async def undone(session: AsyncSession) -> None:
        await act(session)
        raise LookupError

    path = tmp_path / "passline.db"
    async with Database(path) as database, Database(path) as other:
        steps: list[list[tuple[Database, Work[None]]]] = [
            [(database, act)],
            [(database, undone), (database, act)],
            [(other, act)],
            [(other, undone)],
            [(database, act)],
        ]
        for works in steps:
            outcomes = await asyncio.gather(*(where.write(work) for where, work in works), return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [
                LookupError if work is undone else type(None) for _, work in works
            ]
        end, faults = await audit_lines.verify(database)
    assert (end.seq, faults) == (4, [])


async def test_what_one_decision_leaves_is_written_by_two_statements_without_reading(tmp_path: Path) -> None:
    await chain.seed_chain(Settings(data=tmp_path), [])
    over = chain.finished_call().state
    left = [member.model_copy(update={"left_at": AT}) for member in over.members]
    events: list[RoomEvent] = [*(MemberChanged(member=one) for one in left), RoomClosed(at=AT, end=EndReason.HUNG_UP)]
    seen: list[str] = []

    async def work(session: AsyncSession) -> None:
        await audit.record(session, Action.SIGNED_IN, PersonId("p-chen"))
        event.listen(session.get_bind(), "before_cursor_execute", lambda _c, _u, said, *_: seen.append(said.split()[0]))
        await audit.record_events(session, over, events, AT)

    async with Database(tmp_path / "passline.db") as database:
        await database.write(work)
    assert seen == ["UPDATE", "INSERT"]
