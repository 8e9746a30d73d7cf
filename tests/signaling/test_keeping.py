"""Recordings are looked after: damage is found, marked and cried out, age deletes whole recordings and says so (C5)."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.alarms import Alarm
from contract.http import ArchiveEntry, ArchivePage, Replay
from contract.people import Role
from contract.rooms import RecordingState, RoomRecording
from runtime import clock
from signaling.app import SERVICE
from signaling.domain.keeping import DAY_MS, SAFE_WITHIN_MS, expired, late
from signaling.keep import integrity
from signaling.keep.files import remove
from signaling.keep.keeper import Keeper
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.recordings import RecordingRow
from tests.support import chain
from tests.support.server import Client, SignalingServer

FOLDER = Path("objects") / "recordings" / chain.RECORDING
KEPT = RecordingState.SAFE


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, keep_recordings_days=30) as started:
        yield started


def keeper(server: SignalingServer) -> Keeper:
    return server.app[SERVICE].keeper


async def entry(client: Client) -> ArchiveEntry:
    return (await client.get("/api/archive")).read(ArchivePage).entries[0]


async def audited(server: SignalingServer) -> list[str]:
    async with server.house.database.read() as session:
        rows = await session.scalars(select(AuditRow.action).where(AuditRow.object == chain.ROOM))
        return [action for action in rows if action in ("damage_found", "recording_deleted")]


async def grow_old(server: SignalingServer, days: float) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(update(RecordingRow).values(stopped_ms=clock.wall_ms() - round(days * DAY_MS)))

    await server.house.database.write(work)


@pytest.mark.unit
def test_a_recording_is_late_a_minute_after_the_end_of_its_room_and_only_while_it_is_saved() -> None:
    state = chain.finished_call().state
    assert state.closed_at is not None
    saving = RoomRecording(id=chain.RECORDING, state=RecordingState.SAVING)
    slow = state.model_copy(update={"recording": saving})
    assert not late(slow, state.closed_at + SAFE_WITHIN_MS)
    assert late(slow, state.closed_at + SAFE_WITHIN_MS + 1)
    assert not late(slow.model_copy(update={"closed_at": None}), 10**15)
    assert not late(state, 10**15)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("state", "days", "published", "keep_days", "goes"),
    [
        (KEPT, 31, False, 30, True),
        (KEPT, 29, False, 30, False),
        (KEPT, 31, True, 30, False),
        (KEPT, 3100, False, 0, False),
        (RecordingState.FAILED, 31, False, 30, True),
        (RecordingState.SAVING, 31, False, 30, False),
        (RecordingState.DELETED, 31, False, 30, False),
    ],
)
def test_age_deletes_what_is_over_and_not_published(
    state: RecordingState, days: int, published: bool, keep_days: float, goes: bool
) -> None:
    assert expired(state, 0, published=published, now_ms=days * DAY_MS, keep_days=keep_days) is goes


@pytest.mark.flow
@pytest.mark.beside
@pytest.mark.promise("C5")
async def test_a_flipped_byte_is_found_marked_shown_and_cried_out_until_it_is_mended(server: SignalingServer) -> None:
    client, alarms = await server.sign_in("chen"), server.house.health.alarms
    await grow_old(server, 1)
    await keeper(server).round()
    await keeper(server).look()
    assert not (await entry(client)).damaged
    assert not alarms.is_on(Alarm.INTEGRITY)
    file = server.settings.data / FOLDER / chain.FILE
    data = bytearray(file.read_bytes())
    data[4321] ^= 0x10
    file.write_bytes(data)
    await keeper(server).round()
    assert not (await entry(client)).damaged, "checked a moment ago: not read again the same night"
    found = [(one.id, bad) async for one, bad in integrity.verify(server.house.database, server.settings.data)]
    assert found == [(chain.RECORDING, [chain.FILE])]
    await keeper(server).look()
    assert alarms.is_on(Alarm.INTEGRITY)
    replay = (await client.get(f"/api/archive/{chain.ROOM}")).read(Replay)
    assert replay.entry.damaged
    file.write_bytes(chain.FILE_BYTES)
    assert [bad async for _, bad in integrity.verify(server.house.database, server.settings.data)] == [[]]
    await keeper(server).look()
    assert not alarms.is_on(Alarm.INTEGRITY)
    assert not (await entry(client)).damaged
    file.unlink()
    assert [bad async for _, bad in integrity.verify(server.house.database, server.settings.data)] == [[chain.FILE]]
    assert await audited(server) == ["damage_found", "damage_found"]


@pytest.mark.flow
async def test_a_tampered_audit_is_cried_out_the_night_after_and_until_it_is_mended(server: SignalingServer) -> None:
    await server.sign_in("chen")
    alarms = server.house.health.alarms
    await keeper(server).round()
    assert not alarms.is_on(Alarm.AUDIT)

    async def tamper(session: AsyncSession, address: str) -> None:
        await session.execute(text("DROP TRIGGER IF EXISTS audit_no_update"))
        await session.execute(update(AuditRow).where(AuditRow.seq == 1).values(address=address))

    async with server.house.database.read() as session:
        [address] = await session.scalars(select(AuditRow.address).where(AuditRow.seq == 1))
    await server.house.database.write(partial(tamper, address="elsewhere"))
    await keeper(server).round()
    assert alarms.is_on(Alarm.AUDIT)
    await server.house.database.write(partial(tamper, address=address))
    await keeper(server).round()
    assert not alarms.is_on(Alarm.AUDIT)


@pytest.mark.flow
async def test_what_is_too_old_is_deleted_whole_and_its_entry_says_when(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    folder = server.settings.data / FOLDER
    await grow_old(server, 29)
    await keeper(server).round()
    assert folder.exists()
    before_ms = clock.wall_ms()
    await grow_old(server, 31)
    await keeper(server).round()
    assert list(folder.parent.iterdir()) == []
    gone = await entry(client)
    assert gone.recording is RecordingState.DELETED
    assert gone.deleted_at is not None
    assert gone.deleted_at >= before_ms
    assert gone.duration_s == 10.0
    replay = (await client.get(f"/api/archive/{chain.ROOM}")).read(Replay)
    assert (replay.parts, replay.may_publish) == ([], False)
    assert (await client.get(f"/api/archive/{chain.ROOM}/files/{chain.FILE}")).status == 404
    assert await audited(server) == ["recording_deleted"]
    await keeper(server).round()
    assert await audited(server) == ["recording_deleted"]


@pytest.mark.flow
async def test_what_is_published_stays_until_it_is_published_to_none(tmp_path: Path) -> None:
    rooms = [chain.finished_call(published=[Role.LEARNER])]
    async with SignalingServer(tmp_path, rooms=rooms, keep_recordings_days=30) as server:
        await grow_old(server, 31)
        await keeper(server).round()
        assert (tmp_path / FOLDER / chain.FILE).exists()
        client = await server.sign_in("chen")
        assert (await client.put(f"/api/archive/{chain.ROOM}/publish", json={"roles": []})).status == 200
        await keeper(server).round()
        assert not (tmp_path / FOLDER).exists()


@pytest.mark.unit
def test_a_deletion_that_was_interrupted_is_finished_by_the_next_one(tmp_path: Path) -> None:
    half, whole = tmp_path / "rec.deleted", tmp_path / "rec"
    half.mkdir()
    (half / "part").write_bytes(b"x")
    remove(whole)
    assert list(tmp_path.iterdir()) == []
    whole.mkdir()
    half.mkdir()
    remove(whole)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.unit
def test_the_next_night_is_less_than_a_day_away() -> None:
    for hour in range(24):
        assert 0 < clock.until_hour_s(hour) <= 86_400
