"""Brings a database to the newest schema, in one transaction, at every start."""

from sqlalchemy import Connection, inspect, text

from signaling.store.engine import Database

NEWEST = "0001"
"""The last revision in migrations/versions."""


def revision(connection: Connection) -> str | None:
    """The schema the database has; None if it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


async def migrate(database: Database) -> None:
    """Run every migration that is missing; an up-to-date database is left alone."""
    async with database.exclusive() as connection:
        if await connection.run_sync(revision) == NEWEST:
            return
        from signaling.store.upgrade import upgrade  # noqa: PLC0415 - most starts need no Alembic

        await connection.run_sync(upgrade)
