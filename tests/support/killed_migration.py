"""Upgrades copies of a database and dies in the middle: `python -m tests.support.killed_migration DATABASE STEP`.

Copy n, beside the database as `killed-<n>.db`, is upgraded by a process that is killed before its statement n = 1,
1 + STEP, …; the last copy by one that lives. Prints the last n that was killed.
"""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from signaling.store.engine import Database
from signaling.store.migrate import migrate
from signaling.store.upgrade import SCRIPTS

assert SCRIPTS.is_dir()  # imported here, so that no forked process has to


async def _upgrade(path: Path) -> None:
    async with Database(path) as database:
        await migrate(database)


def _die_before(statement: int) -> None:
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def main() -> None:
    """Fork, upgrade, die; once more some statements later."""
    database, step = Path(sys.argv[1]), int(sys.argv[2])
    for statement in range(1, 10_000, step):
        copy = database.with_name(f"killed-{statement}.db")
        shutil.copy(database, copy)
        child = os.fork()
        if child == 0:
            _die_before(statement)
            asyncio.run(_upgrade(copy))
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            print(statement - step)
            return


if __name__ == "__main__":
    main()
