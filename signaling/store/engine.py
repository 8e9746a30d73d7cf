"""The database: many readers at a time, one writer whose works share commits.

SQLite in WAL mode with `synchronous=FULL`: what `write` returned is on the disk. A work handed to `write` runs inside
`BEGIN IMMEDIATE` together with those that wait at the same moment, each in its own savepoint: one that raises is
undone alone, the others commit with one fsync.

The writer has a thread of its own, and a whole transaction is one visit to it: with the driver that hops to a thread
for every call a commit took thirty hops, each of which waits for the interpreter's lock when the loop is busy.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, Result, create_engine, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import AsyncAdaptedQueuePool

from contract.errors import ErrorCode, Unavailable
from runtime.supervise import TaskScope

T = TypeVar("T")
Work = Callable[[AsyncSession], Awaitable[T]]

READERS = 4
FETCHERS = 2
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
        self._reader = _async_engine(path, "BEGIN", READERS)
        self._writer = create_engine(f"sqlite:///{path}", pool_size=1, max_overflow=0)
        _prepare(self._writer, "BEGIN IMMEDIATE")
        self._fetched = create_engine(f"sqlite:///{path}", pool_size=FETCHERS, max_overflow=0)
        _prepare(self._fetched, "BEGIN")
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(QUEUE_WORKS)
        self._scope: TaskScope | None = None
        self._thread = ThreadPoolExecutor(1, "database writer")
        self._fetchers = ThreadPoolExecutor(FETCHERS, "database fetcher")

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
        for threads in (self._thread, self._fetchers):
            await asyncio.to_thread(threads.shutdown)
        await self._reader.dispose()
        self._fetched.dispose()
        self._writer.dispose()

    @property
    def waiting(self) -> int:
        """Works that no transaction has taken up yet."""
        return self._queue.qsize()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one moment of the database. Nothing written in it is kept."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    async def fetch(self, work: Work[T]) -> T:
        """Run `work` in a thread, on one moment of the database; for what every message or connection asks.

        One visit to a thread instead of ten for `read`. The same holds for `work` as in `write`; nothing that it
        writes is kept.
        """
        return await asyncio.get_running_loop().run_in_executor(self._fetchers, _look, self._fetched, work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in the write transaction; returns its result once committed.

        `work` runs in the writer's thread, once and never concurrently; it must only use the session it is given,
        await nothing else, and return plain values. A cancelled caller does not undo it. Raises what `work` raises,
        after undoing it.
        """
        if self._scope is None:
            raise Unavailable(ErrorCode.UNAVAILABLE, "the database is closed", retry_after_s=1.0)
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Waiting(work, outcome))
        return await outcome

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection inside one write transaction, for migrations before the first write."""
        engine = _async_engine(self.path, "BEGIN IMMEDIATE", 1)
        try:
            async with engine.begin() as connection:
                yield connection
        finally:
            await engine.dispose()

    async def _write_batches(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH_WORKS and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._commit(batch)

    async def _commit(self, batch: list[_Waiting]) -> None:
        """One transaction for the whole batch; every outcome is set before this returns or raises."""
        works = [waiting.work for waiting in batch]
        try:
            results = await asyncio.get_running_loop().run_in_executor(self._thread, _transaction, self._writer, works)
        except asyncio.CancelledError:
            for waiting in batch:
                waiting.outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for this commit
            results = [_Failed(error)] * len(batch)
        for waiting, result in zip(batch, results, strict=True):
            if waiting.outcome.done():
                continue
            if isinstance(result, _Failed):
                waiting.outcome.set_exception(result.error)
            else:
                waiting.outcome.set_result(result)


@dataclass(frozen=True, slots=True)
class _Failed:
    """A work that raised, and was undone."""

    error: Exception


class _ThreadSession(AsyncSession):
    """Over a synchronous engine: it never suspends, so a work that only uses it runs to its end in one step."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(expire_on_commit=False)
        self.sync_session.bind = engine

    async def execute(self, *args: Any, **more: Any) -> Result[Any]:
        return self.sync_session.execute(*args, **more)


def _transaction(engine: Engine, works: list[Work[Any]]) -> list[Any | _Failed]:
    """All works in one transaction, in the writer's thread; what each returned, or why it was undone.

    Raises what the commit raises; nothing is kept then.
    """
    results: list[Any | _Failed] = []
    session = _ThreadSession(engine)
    sync = session.sync_session
    try:
        for work in works:
            # Alone it needs no savepoint: undoing it is undoing everything.
            try:
                with _savepoint(sync) if len(works) > 1 else nullcontext():
                    result = _result(work(session))
                    if sync.new or sync.dirty or sync.deleted:
                        raise TypeError("a work writes by statements, not by objects")
                results.append(result)
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for this work
                if len(works) == 1:
                    sync.rollback()
                results.append(_Failed(error))
            sync.expunge_all()
        sync.commit()
    finally:
        sync.close()
    return results


@contextmanager
def _savepoint(sync: Session) -> Iterator[None]:
    """Undoes what failed inside. Said to the driver: SQLAlchemy's own costs as much as a work itself."""
    connection = sync.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    connection.execute("SAVEPOINT work")
    try:
        yield
    except Exception:
        connection.execute("ROLLBACK TO work")
        raise
    finally:
        connection.execute("RELEASE work")


def _look(engine: Engine, work: Work[T]) -> T:
    """One work in a fetcher's thread; whatever it wrote is undone."""
    session = _ThreadSession(engine)
    try:
        return _result(work(session))
    finally:
        session.sync_session.close()


def _result(work: Awaitable[T]) -> T:
    """Run a coroutine that never waits. Raises RuntimeError if it does."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("a work awaited something other than its session")


def _async_engine(path: Path, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
    )
    _prepare(engine.sync_engine, begin)
    return engine


def _prepare(engine: Engine, begin: str) -> None:
    """What every connection is told, and how its transactions begin."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see `start`
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",  # what was deleted is overwritten in the file, wherever SQLite was built
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)
