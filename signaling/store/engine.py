"""The database: many readers at a time, one writer whose works share commits.

SQLite in WAL mode with `synchronous=FULL`: what `write` returned is on the disk. A work handed to `write` runs inside
`BEGIN IMMEDIATE` together with those that wait at the same moment, each in its own savepoint: one that raises is
undone alone, the others commit with one fsync.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from contract.errors import ErrorCode, Unavailable
from runtime.supervise import TaskScope

T = TypeVar("T")
Work = Callable[[AsyncSession], Awaitable[T]]

READERS = 4
BUSY_MS = 5_000
QUEUE_WORKS = 1_000
"""Waiting writes; a further one waits for its place (policy: wait)."""
BATCH_WORKS = 200


@dataclass
class _Waiting:
    """A work, and who waits for its outcome."""

    work: Work[Any]
    outcome: asyncio.Future[Any]


class Database:
    """One SQLite file. Use as `async with`; nothing touches the disk before that."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = _engine(path, "BEGIN", READERS)
        self._writer = _engine(path, "BEGIN IMMEDIATE", 1)
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(QUEUE_WORKS)
        self._scope: TaskScope | None = None

    async def __aenter__(self) -> "Database":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._scope = TaskScope("database")
        self._scope.spawn(self._write_batches(), name="writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        scope, self._scope = self._scope, None
        if scope is not None:
            await scope.aclose()
        while not self._queue.empty():
            self._queue.get_nowait().outcome.cancel()
        await self._reader.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one moment of the database. Nothing written in it is kept."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    async def write(self, work: Work[T]) -> T:
        """Run `work` in the write transaction; returns its result once committed.

        `work` may be run again never, concurrently never; it must only use the session it is given, and return plain
        values. A cancelled caller does not undo it. Raises what `work` raises, after undoing it.
        """
        if self._scope is None:
            raise Unavailable(ErrorCode.UNAVAILABLE, "the database is closed", retry_after_s=1.0)
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Waiting(work, outcome))
        return await outcome

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[AsyncConnection]:
        """The writer's bare connection inside one transaction, for migrations before the first write."""
        async with self._writer.begin() as connection:
            yield connection

    async def _write_batches(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH_WORKS and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._commit(batch)

    async def _commit(self, batch: list[_Waiting]) -> None:
        """One transaction for the whole batch; every outcome is set before this returns or raises."""
        results: list[tuple[_Waiting, Any]] = []
        try:
            async with AsyncSession(self._writer, expire_on_commit=False) as session:
                for waiting in batch:
                    try:
                        async with session.begin_nested():
                            result = await waiting.work(session)
                        results.append((waiting, result))
                    except Exception as error:  # noqa: BLE001 - handed to whoever waits for this work
                        _fail(waiting, error)
                    session.expunge_all()
                await session.commit()
        except asyncio.CancelledError:
            for waiting in batch:
                waiting.outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for this commit
            for waiting in batch:
                _fail(waiting, error)
            return
        for waiting, result in results:
            if not waiting.outcome.done():
                waiting.outcome.set_result(result)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.outcome.done():
        waiting.outcome.set_exception(error)


def _engine(path: Path, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see `start`
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
