"""The archive through its door: list, replay, files with ranges, publishing, progress."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from contract.errors import ErrorCode
from contract.http import ArchiveEntry, ArchivePage, ChapterKind, Replay
from contract.ids import RoomId
from contract.people import Role
from signaling.http.archive import PAGE
from signaling.store.seed import RoomSeed
from signaling.store.tables.audit import AuditRow
from tests.support import chain
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow

REPLAY = f"/api/archive/{chain.ROOM}"
FILE = f"{REPLAY}/files/{chain.FILE}"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path) as started:
        yield started


async def test_the_list_tells_who_what_and_how_long(server: SignalingServer) -> None:
    client = await server.sign_in("store-0117")
    [entry] = (await client.get("/api/archive")).read(ArchivePage).entries
    assert entry.store is not None
    assert (entry.room, entry.store.number, entry.duration_s) == (chain.ROOM, "0117", 10.0)
    assert [person.id for person in entry.people] == ["p-store-0117", "p-chen"]


async def test_the_replay_has_its_chapters_on_the_recordings_clock(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    replay = (await client.get(REPLAY)).read(Replay)
    assert [(chapter.t_s, chapter.kind, chapter.person) for chapter in replay.chapters] == [
        (0.0, ChapterKind.JOINED, "p-store-0117"),
        (2.0, ChapterKind.JOINED, "p-chen"),
        (5.0, ChapterKind.STILL, "p-store-0117"),
        (7.0, ChapterKind.CHAT, "p-chen"),
        (9.0, ChapterKind.LEFT, "p-store-0117"),
    ]
    assert replay.chapters[3].message is not None
    assert replay.chapters[3].message.body == "关掉电源再试一次"
    assert replay.timings is not None
    assert [part.file for part in replay.parts] == [chain.FILE]
    assert len(replay.points) == 1
    assert replay.may_publish


async def test_a_file_is_served_whole_or_by_range_and_never_cached(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    whole = await client.get(FILE)
    assert (whole.status, whole.body) == (200, chain.FILE_BYTES)
    assert whole.headers["Content-Type"] == 'video/webm; codecs="vp8, opus"'
    assert whole.headers["Cache-Control"] == "private, no-store"
    part = await client.get(FILE, headers={"Range": "bytes=100-199"})
    assert (part.status, part.body) == (206, chain.FILE_BYTES[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(chain.FILE_BYTES)}"
    tail = await client.get(FILE, headers={"Range": "bytes=-10"})
    assert (tail.status, tail.body) == (206, chain.FILE_BYTES[-10:])
    beyond = await client.get(FILE, headers={"Range": "bytes=999999-"})
    assert beyond.status == 416


@pytest.mark.parametrize(
    "name",
    [
        "manifest.jsonl",
        "..%2f..%2f..%2fpassline.db",
        "..",
        ".%2e%2fpassline.db",
        "%2fetc%2fpasswd",
        "p-store-0117-1.webm%00",
        "p-store-0117-1.webm%2f",
        "..%5c..%5cpassline.db",
        "P-STORE-0117-1.WEBM",
        "a" * 300,
    ],
)
async def test_only_names_of_the_summary_are_files(server: SignalingServer, name: str) -> None:
    manifest = server.settings.data / "objects" / "recordings" / chain.RECORDING / "manifest.jsonl"
    manifest.write_text("{}")
    client = await server.sign_in("admin")
    async with client.http.get(f"{server.url}{REPLAY}/files/{name}") as answer:
        assert answer.status == 404
        assert b"SQLite" not in await answer.read()


async def test_a_recording_is_shown_to_a_role_and_taken_back(server: SignalingServer) -> None:
    expert, learner = await server.sign_in("chen"), await server.sign_in("xiaolin")
    assert (await learner.get(FILE)).status == 404
    shown = await expert.put(f"{REPLAY}/publish", json={"roles": ["learner", "learner"]})
    assert shown.read(ArchiveEntry).published == [Role.LEARNER]
    assert (await learner.get(FILE)).status == 200
    assert (await learner.get(f"/api/rooms/{chain.ROOM}/stills/{chain.STILL}")).body == chain.STILL_BYTES
    assert not (await learner.get(REPLAY)).read(Replay).may_publish
    assert (await expert.put(f"{REPLAY}/publish", json={"roles": []})).status == 200
    assert (await learner.get(FILE)).status == 404


async def test_an_expert_who_only_sees_it_may_not_show_it_to_others(server: SignalingServer) -> None:
    admin, other = await server.sign_in("admin"), await server.sign_in("liu")
    await admin.put(f"{REPLAY}/publish", json={"roles": ["expert"]})
    assert not (await other.get(REPLAY)).read(Replay).may_publish
    answer = await other.put(f"{REPLAY}/publish", json={"roles": ["learner"]})
    assert (answer.status, answer.code) == (403, ErrorCode.FORBIDDEN)


async def test_progress_is_kept_per_reader_and_done_stays_done(server: SignalingServer) -> None:
    client, other = await server.sign_in("chen"), await server.sign_in("admin")
    for said in ({"position_s": 9.0, "done": True}, {"position_s": 4.0}, {"position_s": 999.0}):
        assert (await client.put(f"{REPLAY}/progress", json=said)).status == 204
    [mine] = (await client.get("/api/archive")).read(ArchivePage).entries
    assert (mine.progress_s, mine.done) == (10.0, True)
    [theirs] = (await other.get("/api/archive")).read(ArchivePage).entries
    assert (theirs.progress_s, theirs.done) == (None, False)


async def test_each_browser_that_replays_is_audited_once(server: SignalingServer) -> None:
    client = await server.sign_in("wu")
    for _ in range(3):
        await client.get(REPLAY)
        await client.get(FILE, headers={"Range": "bytes=0-9"})
    async with server.house.database.read() as session:
        rows = list(await session.scalars(select(AuditRow.action).where(AuditRow.person_id == "p-wu")))
    assert sorted(rows) == ["file_opened", "replay_opened", "signed_in"]


async def test_a_file_that_is_gone_is_404_and_not_a_crash(server: SignalingServer) -> None:
    (server.settings.data / "objects" / "recordings" / chain.RECORDING / chain.FILE).unlink()
    client = await server.sign_in("chen")
    assert (await client.get(FILE)).status == 404


def many(count: int) -> list[RoomSeed]:
    """Rooms without a recording, one second apart in pairs of the same moment."""
    made = []
    for number in range(count):
        state = chain.finished_call().state
        room = RoomId(f"01900000-0000-7000-8000-1{number:011d}")
        at = chain.STARTED_MS + number // 2 * 1000
        made.append(
            RoomSeed(state=state.model_copy(update={"id": room, "opened_at": at, "recording": None, "stills": []}))
        )
    return made


async def test_pages_follow_each_other_without_gap_or_repetition(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, rooms=many(2 * PAGE + 7)) as server:
        client = await server.sign_in("admin")
        seen: list[str] = []
        before: str | None = ""
        while before is not None:
            page = (await client.get("/api/archive" + (f"?before={before}" if before else ""))).read(ArchivePage)
            seen += [entry.room for entry in page.entries]
            before = page.next
        assert len(seen) == len(set(seen)) == 2 * PAGE + 7
        assert seen == sorted(seen, reverse=True)
