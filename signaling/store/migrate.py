"""Brings a database to the newest schema, in one transaction, at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from signaling.store.engine import Database

SCRIPTS = Path(__file__).parent / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's view of our packaged migrations, bound to `connection`."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


async def migrate(database: Database) -> None:
    """Run every migration that is missing; an up-to-date database is left alone."""
    async with database.exclusive() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))
