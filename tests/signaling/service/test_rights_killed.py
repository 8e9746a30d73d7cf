"""kill -9 of signaling in the middle of a copy of somebody's data, and of their deletion."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import ClientError

from contract.audit import Action
from contract.ids import RoomId
from contract.rights import PersonCopy
from contract.rooms import MemberChanged
from signaling.domain.audit_chain import Fault
from signaling.domain.erasure import DELETED
from signaling.rights import BATCH_ROOMS
from signaling.store import audit_lines
from signaling.store.engine import Database
from signaling.store.schema import DATABASE
from signaling.store.seed import RoomSeed
from tests.support import chain
from tests.support.nodes import until
from tests.support.server import Answer
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow

MESSAGES, EACH = 12_000, "长" * 400
"""14 MB: more than the sockets between the two take in by themselves."""
ROOMS = 20 * BATCH_ROOMS
NAME = chain.PEOPLE["chen"].name


def asked(data: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    """Read beside the server."""
    with closing(sqlite3.connect(data / DATABASE)) as database:
        return database.execute(sql, values).fetchall()


async def faults(data: Path) -> list[Fault]:
    async with Database(data / DATABASE) as database:
        return (await audit_lines.verify(database))[1]


def audited(data: Path, action: Action) -> int:
    [(lines,)] = asked(data, "SELECT count(*) FROM audit WHERE action = ?", action)
    assert isinstance(lines, int)
    return lines


async def test_a_copy_that_is_cut_short_fails_and_is_whole_the_next_time(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path) as signaling:
        with closing(sqlite3.connect(tmp_path / DATABASE)) as database, database:
            database.executemany(
                "INSERT INTO message (channel_id, seq, cid, sender_id, body, at_ms) VALUES ('room:r', ?, ?, ?, ?, 1)",
                [(number, f"c-{number}", "p-chen", EACH) for number in range(1, MESSAGES + 1)],
            )
        chen = await signaling.sign_in("chen")
        async with chen.http.get(f"{chen.url}/api/me/copy") as cut:
            assert cut.status == 200
            await cut.content.readany()
            await signaling.kill()
            with pytest.raises(ClientError):
                await cut.read()
        await signaling.start()
        whole = (await chen.get("/api/me/copy")).read(PersonCopy)
        assert len(whole.messages) == MESSAGES
        assert audited(tmp_path, Action.PERSON_EXPORTED) == 2
        assert await faults(tmp_path) == []


def remembered(data: Path) -> int:
    """In how many rooms and events somebody is told by name."""
    both = "SELECT body FROM room UNION ALL SELECT body FROM room_event"
    [(count,)] = asked(data, f"SELECT count(*) FROM ({both}) WHERE instr(body, ?)", NAME.zh)
    assert isinstance(count, int)
    return count


async def test_a_deletion_that_is_cut_short_is_done_wholly_or_not_and_ends_by_the_same_words(tmp_path: Path) -> None:
    """What others remember goes first, in pieces, and is no part of somebody who is not deleted."""
    async with SignalingProcess(tmp_path, rooms=[called(number) for number in range(ROOMS)]) as signaling:
        admin = await signaling.sign_in("admin")
        assert (await admin.put("/api/people/p-chen/disabled", json={"disabled": True})).status == 204
        left = remembered(tmp_path)
        for part in (0.9, 0.4):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(unanswered(admin.post("/api/people/p-chen/erasure", json={"name": NAME.zh})))
                await until(lambda part=part: remembered(tmp_path) < part * left, "it is under way")  # type: ignore[misc]
                await signaling.kill()
            [who] = asked(tmp_path, "SELECT name_zh, erased_ms IS NOT NULL FROM person WHERE id = 'p-chen'")
            assert (who, audited(tmp_path, Action.PERSON_ERASED)) in [((NAME.zh, 0), 0), ((DELETED.zh, 1), 1)]
            assert await faults(tmp_path) == []
            await signaling.start()
        again = await admin.post("/api/people/p-chen/erasure", json={"name": NAME.zh})
        assert again.status == 204, again.body
        assert remembered(tmp_path) == 0
        assert audited(tmp_path, Action.PERSON_ERASED) == 1
        assert await faults(tmp_path) == []


def called(number: int) -> RoomSeed:
    """One of many calls with Chen, long ago."""
    seed = chain.finished_call()
    state = seed.state.model_copy(
        update={"id": RoomId(f"01900000-0000-7000-8000-{number:012}"), "recording": None, "stills": []}
    )
    return RoomSeed(state=state, events=[one for one in seed.events if isinstance(one[1], MemberChanged)])


async def unanswered(asked: Awaitable[Answer]) -> None:
    """Unless it was quicker than the kill."""
    with contextlib.suppress(ClientError):
        await asked
