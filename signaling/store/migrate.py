"""Brings a database to the newest schema, in one transaction, at every start.

A crash in the middle leaves the old schema with every row: the next start begins again. A copy of what was there
before is kept besides, for the day on which somebody wants the old version back.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from runtime.logs import get_logger
from signaling.store.engine import Database
from signaling.store.schema import NEWEST, refuse_newer

log = get_logger(__name__)

COPIES = "before-upgrade"
"""Directory beside the database."""
KEPT_COPIES = 3
"""One for each schema that was left behind; of more than three the oldest goes."""


def revision(connection: Connection) -> str | None:
    """The schema the database has; None if it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


async def migrate(database: Database) -> None:
    """Run every migration that is missing; an up-to-date database is left alone.

    Raises SchemaError if the database is newer than this program, OSError or sqlite3.Error if no copy can be kept.
    """
    async with database.exclusive() as connection:
        found = await connection.run_sync(revision)
        if found == NEWEST:
            return
        refuse_newer(found, str(database.path))
        if found is not None:
            copy = await asyncio.to_thread(_keep_copy, database.path, found)
            log.info("upgrading the database", schema=found, to=NEWEST, copy=str(copy))
        from signaling.store.upgrade import upgrade  # noqa: PLC0415 - most starts need no Alembic

        await connection.run_sync(upgrade)


def _keep_copy(path: Path, schema: str) -> Path:
    """Whole or not there: the upgrade begins only with the copy on the disk."""
    directory = path.parent / COPIES
    directory.mkdir(mode=0o700, exist_ok=True)
    copy, aside = directory / f"passline-{schema}.db", directory / "copying"
    aside.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(aside)) as target:
        target.execute("PRAGMA synchronous=FULL")
        source.backup(target)
    aside.chmod(0o600)
    aside.rename(copy)
    for old in sorted(directory.glob("passline-*.db"))[:-KEPT_COPIES]:
        old.unlink()
    return copy
