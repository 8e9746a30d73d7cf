"""Which schema a database has, and whether this program can use it; light enough for every process to ask.

Revisions are numbers of four digits that count up, so the text compares as they do.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

DATABASE = "passline.db"
"""Name of the database in the data directory."""
NEWEST = "0031"
"""The last revision in migrations/versions."""


class SchemaError(Exception):
    """The database cannot be used by this program; the message says why and what to do."""


def found_in(path: Path) -> str | None:
    """The schema of a database file; None if there is none, or it is empty. Raises SchemaError for another file."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if tables else None
    except sqlite3.DatabaseError as error:
        raise SchemaError(f"{path} cannot be read as a database ({error}): restore a backup") from error
    return str(row[0]) if row is not None else None


def refuse_newer(found: str | None, where: str) -> None:
    """Raises SchemaError for a schema that only a newer program knows: this one would lose what it does not know."""
    if found is not None and found > NEWEST:
        raise SchemaError(
            f"{where} has schema {found}, of a newer Passline; this one knows schemas up to {NEWEST}."
            " Start the newer version, or restore a backup made by this one."
        )
