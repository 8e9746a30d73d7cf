"""The database: migrations, commits that are shared but not mixed up, seeding twice."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from contract.people import Name, Role
from contract.rooms import Member, MemberState
from runtime.settings import Settings
from signaling.store import people, rooms
from signaling.store.engine import Database
from signaling.store.migrate import migrate, revision
from signaling.store.schema import NEWEST
from signaling.store.tables.base import Base
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.rooms import RoomMemberRow
from signaling.store.upgrade import config
from tests.support import chain

pytestmark = pytest.mark.flow


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(tmp_path / "passline.db") as opened:
        await migrate(opened)
        yield opened


async def region(session: AsyncSession, name: str) -> str:
    await session.execute(insert(RegionRow).values(id=name, name_zh=name, name_en=name))
    return name


async def regions(database: Database) -> set[str]:
    async with database.read() as session:
        return set(await session.scalars(select(RegionRow.id)))


async def test_the_migrations_make_exactly_the_schema_of_the_models(database: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with database.exclusive() as connection:
        assert await connection.run_sync(compare) == []


async def test_the_newest_revision_is_the_last_script(database: Database) -> None:
    async with database.exclusive() as connection:
        scripts = await connection.run_sync(lambda sync: ScriptDirectory.from_config(config(sync)))
        assert scripts.get_current_head() == NEWEST == await connection.run_sync(revision)


async def test_migrating_again_changes_nothing(database: Database) -> None:
    await database.write(lambda session: region(session, "kept"))
    await migrate(database)
    assert await regions(database) == {"kept"}


async def test_what_write_returned_is_there_after_a_crash(tmp_path: Path) -> None:
    async with Database(tmp_path / "passline.db") as database:
        await migrate(database)
        assert await database.write(lambda session: region(session, "east")) == "east"
        other = sqlite3.connect(tmp_path / "passline.db")
        assert other.execute("SELECT id FROM region").fetchall() == [("east",)]
        other.close()


async def test_every_connection_is_safe_against_power_loss_and_bad_references(database: Database) -> None:
    async def pragmas(session: AsyncSession) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [(await session.execute(text(f"PRAGMA {name}"))).scalar_one() for name in names]

    wanted = ["wal", 2, 1, 5000]
    assert await database.write(pragmas) == wanted
    async with database.read() as session:
        assert await pragmas(session) == wanted
    row = insert(StoreRow).values(id="s", number="1", name_zh="x", name_en="x", region_id="nowhere")
    with pytest.raises(IntegrityError):
        await database.write(lambda session: session.execute(row))


async def test_a_failing_work_takes_no_other_with_it(database: Database) -> None:
    async def fails(session: AsyncSession) -> None:
        await region(session, "half")
        raise ValueError("changed its mind")

    works = [database.write(lambda session, n=n: region(session, f"r{n}")) for n in range(20)]  # type: ignore[misc]
    results = await asyncio.gather(*works[:10], database.write(fails), *works[10:], return_exceptions=True)
    assert isinstance(results[10], ValueError)
    assert await regions(database) == {f"r{n}" for n in range(20)}


async def test_writes_that_wait_together_share_a_commit(database: Database) -> None:
    commits = 0
    done = threading.Event()

    async def slow(_: AsyncSession) -> None:
        done.wait()

    async def size(_: AsyncSession) -> int:
        nonlocal commits
        commits += 1
        return commits

    first = asyncio.gather(database.write(slow))
    many = asyncio.gather(*(database.write(size) for _ in range(100)))
    done.set()
    await first
    assert sorted(await many) == list(range(1, 101))


async def test_a_work_that_waits_for_something_else_is_refused(database: Database) -> None:
    async def waits(session: AsyncSession) -> None:
        await region(session, "never")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaited something other"):
        await database.write(waits)
    assert await regions(database) == set()


async def test_a_work_that_breaks_a_rule_of_the_schema_takes_no_other_with_it(database: Database) -> None:
    async def twice(session: AsyncSession) -> None:
        await region(session, "same")
        await region(session, "same")

    works = [database.write(lambda session, name=f"r{n}": region(session, name)) for n in range(10)]  # type: ignore[misc]
    results = await asyncio.gather(*works[:5], database.write(twice), *works[5:], return_exceptions=True)
    assert isinstance(results[5], IntegrityError)
    assert await regions(database) == {f"r{n}" for n in range(10)}


async def test_a_work_that_changes_objects_instead_of_rows_is_refused(database: Database) -> None:
    async def adds(session: AsyncSession) -> None:
        await region(session, "never")
        session.add(RegionRow(id="object", name_zh="object", name_en="object"))

    with pytest.raises(TypeError, match="by statements"):
        await database.write(adds)
    assert await regions(database) == set()


async def test_a_caller_that_goes_away_does_not_stop_the_others(database: Database) -> None:
    gone = asyncio.gather(database.write(lambda session: region(session, "gone")))
    stays = asyncio.gather(database.write(lambda session: region(session, "stays")))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await stays
    assert "stays" in await regions(database)


async def test_readers_see_one_moment_while_others_write(database: Database) -> None:
    async with database.read() as session:
        assert list(await session.scalars(select(RegionRow.id))) == []
        await database.write(lambda writer: region(writer, "later"))
        assert list(await session.scalars(select(RegionRow.id))) == []
    assert await regions(database) == {"later"}


async def test_nothing_written_in_a_read_is_kept(database: Database) -> None:
    async with database.read() as session:
        await region(session, "smuggled")
    assert await regions(database) == set()


async def test_seeding_twice_is_seeding_once(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    for _ in range(2):
        await chain.seed_chain(settings, [chain.finished_call()])
    async with Database(tmp_path / "passline.db") as database, database.read() as session:
        assert {person.id for person in await people.everybody(session)} == {p.id for p in chain.PEOPLE.values()}
        assert await people.chain_name(session) == Name(zh="百味连锁", en="Baiwei Kitchens")


async def test_a_room_is_of_the_stores_whose_tablets_were_in_it_and_not_of_who_manages_one(tmp_path: Path) -> None:
    await chain.seed_chain(Settings(data=tmp_path), [])
    manager = chain.PEOPLE["liu"].model_copy(update={"role": Role.STORE_MANAGER, "store": chain.STORES["0108"]})
    over = chain.finished_call().state
    state = over.model_copy(update={"members": [*over.members, Member(person=manager, state=MemberState.JOINED)]})
    async with Database(tmp_path / "passline.db") as seeded:
        await seeded.write(lambda session: rooms.create(session, state))
        async with seeded.read() as session:
            stores = await session.scalars(select(RoomMemberRow.store_id).where(RoomMemberRow.store_id.is_not(None)))
            assert list(stores) == ["s-0117"]
