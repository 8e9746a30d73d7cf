"""The chain's database as a command line reaches it: beside a running server, or before the first start."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from getpass import getpass
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import Rejection
from contract.people import Name
from passline.announce import table
from passline.errors import CommandError
from runtime import logs
from runtime.settings import CONFIG, Settings, load
from signaling.auth.accounts import Accounts, new_password
from signaling.auth.passwords import Passwords
from signaling.domain.csv_list import BadList
from signaling.organisation import Organisation
from signaling.store import audit
from signaling.store.engine import Database
from signaling.store.migrate import migrate
from signaling.store.organisation import By
from signaling.store.schema import DATABASE, NEWEST, SchemaError, found_in, refuse_newer

T = TypeVar("T")

SHOWN_PROBLEMS = 50


@dataclass(frozen=True)
class Where:
    """Which chain.

    Parameters
    ----------
    config
        TOML file with settings; docs/operations.md lists them.
    data
        Directory of database and recordings (PASSLINE_DATA).
    """

    config: Path | None = None
    data: Path | None = None

    def settings(self) -> Settings:
        """Raises SettingsError."""
        environ = dict(os.environ)
        if self.config is not None:
            environ[CONFIG] = str(self.config.absolute())
        return load(environ, data=self.data)


@asynccontextmanager
async def opened(where: Where) -> AsyncIterator[Database]:
    """The database, of our schema; made if there is none. Raises SettingsError or CommandError."""
    settings = where.settings()
    logs.setup("command", level="warning", fmt="console")
    path = settings.data / DATABASE
    try:
        owned(path)
        found = found_in(path)
        refuse_newer(found, str(path))
        if found is not None and found != NEWEST:
            raise CommandError(f"{path} has the older schema {found}: start Passline once, it upgrades the database")
        async with Database(path) as database:
            if found is None:
                await migrate(database)
            yield database
    except SchemaError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"PASSLINE_DATA: {path}: {error.strerror}") from error


def accounts_in(database: Database) -> Accounts:
    """People and tablets, changed from the command line."""
    return Accounts(database, Passwords(), By())


def organisation_in(database: Database) -> Organisation:
    """The chain, its regions, stores and tablets, changed from the command line."""
    return Organisation(database, Passwords(), By())


def owned(path: Path) -> None:
    """Files that we make must be the server's too: SQLite makes them beside the database. Raises CommandError."""
    place = path if path.exists() else path.parent
    if place.exists() and (owner := place.stat().st_uid) != os.geteuid():
        raise CommandError(f"{place} belongs to user {owner}: run this as that user (sudo -u '#{owner}' passline …)")


def carry_out(where: Where, work: Callable[[Database], Awaitable[T]], *, about: str = "") -> T:
    """Do it in the chain's database; a Rejection becomes a CommandError about `about`."""

    async def all_of_it() -> T:
        async with opened(where) as database:
            return await work(database)

    try:
        return asyncio.run(all_of_it())
    except Rejection as refused:
        reason = refused.detail or str(refused.code)
        raise CommandError(f"{about}: {reason}" if about else reason) from refused


def note(where: Where, action: Action, *, about: str, detail: str = "") -> None:
    """A row in the audit for what was done to the chain as a whole, from the command line. What was done stays done
    where that fails, so it only warns.

    None where the database has an older schema, such as after the restore of an old backup: Passline upgrades it at its
    next start, and only then rows can follow.
    """
    try:
        if found_in(where.settings().data / DATABASE) == NEWEST:
            carry_out(where, lambda database: database.write(row(action, about, detail)))
    except (CommandError, SchemaError, SQLAlchemyError) as error:
        print(f"warning: this is not in the audit: {error}", file=sys.stderr)


def row(action: Action, about: str, detail: str = "") -> Callable[[AsyncSession], Awaitable[None]]:
    """The same as work of a transaction."""
    by = By()
    return partial(audit.record, action=action, person=by.person, object_id=about, address=by.address, detail=detail)


def name_of(zh: str, en: str | None) -> Name:
    """A name in both languages; without an English one the first counts for both. Raises CommandError."""
    zh, en = zh.strip(), (en or zh).strip()
    if not 1 <= len(zh) <= 200 or not 1 <= len(en) <= 200:
        raise CommandError("a name has 1 to 200 characters")
    return Name(zh=zh, en=en)


def ask_password(*, generate: bool) -> tuple[str, bool]:
    """The new password, and whether it was made up and has to be told: typed twice, or one line from a pipe."""
    if generate:
        return new_password(), True
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n"), False
    first = getpass("New password: ")
    if getpass("Again: ") != first:
        raise CommandError("the two passwords differ")
    return first, False


def unusable(file: Path, bad: BadList) -> CommandError:
    """What is wrong with a list, line by line."""
    shown = "\n".join(f"  line {problem.line}: {problem.text}" for problem in bad.problems[:SHOWN_PROBLEMS])
    more = len(bad.problems) - SHOWN_PROBLEMS
    rest = f"\n  and {more} more" if more > 0 else ""
    return CommandError(f"{file}: nothing was imported\n{shown}{rest}")


def print_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Columns for people; nothing but the head when there is nothing."""
    for line in table(head, list(rows)):
        print(line)
