"""Writing the sample chain: complete, with its files, and the second time without effect."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.people import Role
from contract.recording import RecordingSummary
from contract.rooms import RoomState
from passline import demo, demo_call, seed
from runtime.settings import Settings
from signaling.auth.passwords import Passwords
from signaling.domain.pins import check_pin

pytestmark = pytest.mark.flow

TABLES = ("person", "store", "region", "room", "room_event", "message", "still", "recording", "publication")


def _count(data: Path) -> dict[str, int]:
    with closing(sqlite3.connect(data / "passline.db")) as database:
        return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


async def test_seeding_twice_changes_nothing(tmp_path: Path) -> None:
    await seed.run(Settings(data=tmp_path))
    first = _count(tmp_path)
    await seed.run(Settings(data=tmp_path))
    assert _count(tmp_path) == first
    assert first["person"] == len(demo.PEOPLE)
    assert first["publication"] == 1


async def test_no_two_people_share_a_hash_though_they_share_the_password(tmp_path: Path) -> None:
    await seed.run(Settings(data=tmp_path))
    with closing(sqlite3.connect(tmp_path / "passline.db")) as database:
        hashes = [row[0] for row in database.execute("SELECT password_hash FROM person")]
    assert len(set(hashes)) == len(demo.PEOPLE)
    assert all(one.startswith("$argon2id$") for one in hashes)


async def test_somebody_of_the_store_can_take_its_tablet_over(tmp_path: Path) -> None:
    await seed.run(Settings(data=tmp_path))
    [meng] = [person for person in demo.PEOPLE if person.pin is not None]
    with closing(sqlite3.connect(tmp_path / "passline.db")) as database:
        rows = database.execute("SELECT person_id, hash, once_until_ms FROM pin").fetchall()
    assert [(person, until) for person, _, until in rows] == [(meng.id, None)]
    passwords = Passwords()
    assert await passwords.matches(str(meng.pin), rows[0][1])
    check_pin(str(meng.pin), meng.store.number if meng.store else "")


async def test_the_files_of_the_recording_are_the_ones_its_summary_promises(tmp_path: Path) -> None:
    await seed.run(Settings(data=tmp_path))
    with closing(sqlite3.connect(tmp_path / "passline.db")) as database:
        (text,) = database.execute("SELECT summary FROM recording").fetchone()
        stills = database.execute("SELECT id, size_bytes, sha256 FROM still").fetchall()
    summary = RecordingSummary.model_validate_json(text)
    promised = [("recordings/" + summary.id + "/" + part.file, part.size_bytes, part.sha256) for part in summary.parts]
    promised += [("stills/" + still, size, digest) for still, size, digest in stills]
    assert len(promised) == 5
    for name, size_bytes, sha256 in promised:
        content = (tmp_path / "objects" / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (size_bytes, sha256)


def test_the_sample_call_is_over_safe_and_for_new_hires() -> None:
    (room,) = seed.chain(now_ms=2 * seed.CALLED_BEFORE_MS).rooms
    state: RoomState = room.state
    assert state.ver == len(room.events)
    assert state.closed_at is not None
    assert state.recording is not None
    assert state.recording.state == "safe"
    assert room.published == [Role.LEARNER]
    assert [at for at, _ in room.events] == sorted(at for at, _ in room.events)
    assert [message.seq for message in room.messages] == list(range(1, len(room.messages) + 1))
    assert sum(file.stat().st_size for file in demo_call.FILMS.iterdir()) < 2 * 1024 * 1024
