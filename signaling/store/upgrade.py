"""Runs Alembic on the packaged migrations. Imported only when something is to be done: it costs a start 0.4 s."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

SCRIPTS = Path(__file__).parent / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's view of our packaged migrations, bound to `connection`."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Every migration that is missing."""
    command.upgrade(config(connection), "head")
