"""`passline verify` and `passline retention`: what a server does at night, on request. Both work while it runs."""

from datetime import UTC, datetime
from json import dumps
from typing import Annotated, NamedTuple

from cyclopts import Parameter

from passline.chain import Where, carry_out, print_table
from passline.errors import CommandError
from signaling.keep import integrity, retention
from signaling.keep.retention import Due
from signaling.store.engine import Database
from signaling.store.recordings import KeptRecording

At = Annotated[Where, Parameter(name="*")]
Flag = Annotated[bool, Parameter(negative="")]
HERE = Where()
DAMAGED = 1
"""Exit status when a file is not what was written."""


class _Checked(NamedTuple):
    recordings: int
    damaged: list[tuple[KeptRecording, list[str]]]


def verify(*, json: Flag = False, at: At = HERE) -> int:
    """Read every recording and compare it with its checksums; what is damaged is marked in the archive.

    Parameters
    ----------
    json
        One JSON object instead of lines for people.
    """
    data = at.settings().data

    async def work(database: Database) -> _Checked:
        checked, damaged = 0, []
        async for recording, bad in integrity.verify(database, data):
            checked += 1
            if bad:
                damaged.append((recording, bad))
        return _Checked(checked, damaged)

    found = carry_out(at, work)
    if json:
        lost = [{"recording": one.id, "room": one.room, "files": files} for one, files in found.damaged]
        print(dumps({"checked": found.recordings, "damaged": lost}))
        return DAMAGED if lost else 0
    for one, files in found.damaged:
        print(f"damaged: recording {one.id} of room {one.room}: {', '.join(files)}")
    print(f"{found.recordings} recordings checked, {len(found.damaged)} damaged")
    return DAMAGED if found.damaged else 0


def retention_command(*, preview: Flag = False, now: Flag = False, days: float | None = None, at: At = HERE) -> int:
    """Say which recordings go because of their age, or delete them.

    Published recordings stay as long as they are published, and one that is not safe yet is never deleted.

    Parameters
    ----------
    preview
        What would go: dates, sizes, rooms. Nothing is changed.
    now
        Delete that now instead of at night.
    days
        Another age than the setting (PASSLINE_KEEP_RECORDINGS_DAYS), to see what it would mean.
    """
    if preview == now:
        raise CommandError("say --preview or --now")
    settings = at.settings()
    keep_days = settings.keep_recordings_days if days is None else days
    if keep_days <= 0:
        print("Recordings are kept for ever (keep_recordings_days is 0); --days tries another age.")
        return 0

    async def work(database: Database) -> list[tuple[Due, bool]]:
        found = await retention.due(database, settings.data, keep_days)
        return [(one, now and await retention.delete(database, settings.data, one)) for one in found]

    return _report(carry_out(at, work), keep_days, now=now)


def _report(done: list[tuple[Due, bool]], keep_days: float, *, now: bool) -> int:
    """Print what goes or went; 1 if something could not be deleted."""
    print_table(
        ("ended", "MB", "room", "recording"),
        [(_day(one.recording.ended_ms), _mb(one.size_bytes), one.recording.room, one.recording.id) for one, _ in done],
    )
    total = _mb(sum(one.size_bytes for one, _ in done))
    failed = sum(not gone for _, gone in done) if now else 0
    verb = "deleted" if now else "would be deleted"
    print(f"{len(done) - failed} recordings older than {keep_days:g} days {verb}, {total} MB")
    if failed:
        print(f"{failed} could not be deleted: see the messages above")
    return 1 if failed else 0


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f}"


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
