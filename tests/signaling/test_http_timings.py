"""How quick calls were by week, region and store: who sees which, what is refused, and that looking is written down."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode
from contract.timings import CallTimings, Spread
from runtime import clock
from signaling.domain.timings import Week, last_weeks
from signaling.store import timings
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.calls import CallTimingRow
from signaling.store.tables.rooms import RoomRow
from tests.support import chain
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


def weeks() -> list[Week]:
    """The last complete one, and the one before."""
    return last_weeks(clock.wall_ms(), 3, ZoneInfo("Asia/Shanghai"))[1:]


async def called(server: SignalingServer, store: str, week: Week, *frames_ms: int | None) -> None:
    """So many calls of a store, each with how long its first picture took; rang after 60 ms."""

    async def work(session: AsyncSession) -> None:
        body = chain.finished_call().state.model_dump_json()
        for number, frame_ms in enumerate(frames_ms):
            room = f"{store}-{week.name}-{number}"
            await session.execute(
                insert(RoomRow).values(
                    id=room, ver=1, kind="call", opened_ms=0, closed_ms=1, store_id=f"s-{store}", body=body
                )
            )
            times = {"ring_ms": 60, "first_frame_ms": frame_ms}
            await session.execute(
                insert(CallTimingRow).values(room_id=room, store_id=f"s-{store}", at_ms=week.from_ms + number, **times)
            )

    await server.house.database.write(work)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        last, before = weeks()
        await called(started, "0117", last, 100, 120, 110, None)
        await called(started, "0117", before, 90)
        await called(started, "0108", last, 300)
        await called(started, "0201", last, 80, 200)
        yield started


async def shown(server: SignalingServer, login: str, query: str) -> CallTimings:
    client = await server.sign_in(login)
    return (await client.get(f"/api/timings?weeks=53&{query}")).read(CallTimings)


async def test_the_whole_chain_by_week_with_the_newest_first(server: SignalingServer) -> None:
    last, before = weeks()
    found = await shown(server, "admin", "")
    assert [(line.week, line.calls) for line in found.lines] == [(last.name, 7), (before.name, 1)]
    assert found.lines[0].stages.first_frame == Spread(count=6, p50_ms=110, p95_ms=300)
    assert found.lines[0].stages.ring == Spread(count=7, p50_ms=60, p95_ms=60)
    assert found.lines[0].stages.first_audio is None
    assert len(found.weeks) == 53
    assert {region.id for region in found.regions} == {"r-east", "r-north"}


async def test_stores_and_regions_with_the_slowest_picture_first(server: SignalingServer) -> None:
    last, _ = weeks()
    by_store = await shown(server, "admin", f"by=store&week={last.name}")
    assert [(line.store.number if line.store else "", line.calls) for line in by_store.lines] == [
        ("0108", 1),
        ("0201", 2),
        ("0117", 4),
    ]
    by_region = await shown(server, "admin", "by=region")
    assert [(line.region.id if line.region else "", line.calls) for line in by_region.lines] == [
        ("r-east", 6),
        ("r-north", 2),
    ]
    of_store = await shown(server, "admin", "store=s-0117")
    assert [line.calls for line in of_store.lines] == [4, 1]
    of_region = await shown(server, "admin", "by=store&region=r-north")
    assert [line.store.number for line in of_region.lines if line.store] == ["0201"]


async def test_nobody_sees_beyond_the_stores_they_answer_for(server: SignalingServer) -> None:
    for login, query, stores in (
        ("wu", "by=store", {"0117", "0108"}),
        ("wu", "by=store&region=r-north", set()),
        ("wu", "by=store&store=s-0201", set()),
        ("tang", "by=store", {"0117"}),
        ("fang", "by=store", {"0117", "0108", "0201"}),
    ):
        found = await shown(server, login, query)
        assert {line.store.number for line in found.lines if line.store} == stores, (login, query)
    manager = await shown(server, "wu", "")
    assert [line.calls for line in manager.lines] == [5, 1]
    assert [region.id for region in manager.regions] == ["r-east"]
    by_region = await shown(server, "wu", "by=region")
    assert [line.region.id for line in by_region.lines if line.region] == ["r-east"]


@pytest.mark.parametrize(
    "query",
    ["weeks=0", "weeks=54", "weeks=-1", "by=person", "week=2026-48", "week=1999-W01", "zone=Asia/Nowhere", "store="],
)
async def test_what_cannot_be_asked_is_refused(server: SignalingServer, query: str) -> None:
    client = await server.sign_in("admin")
    answer = await client.get(f"/api/timings?{query}")
    assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE)


async def test_a_chain_without_calls_has_no_lines(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, rooms=[]) as server:
        for by in ("week", "region", "store"):
            found = await shown(server, "admin", f"by={by}")
            assert (found.lines, found.left_out) == ([], 0)


async def test_the_download_has_a_line_for_each_store_and_week(server: SignalingServer) -> None:
    client = await server.sign_in("wu")
    answer = await client.get("/api/timings/export?weeks=53")
    lines = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    last, before = weeks()
    assert [(line["week"], line["store"], line["first_frame_p50_ms"]) for line in lines] == [
        (last.name, "0108", "300"),
        (last.name, "0117", "110"),
        (before.name, "0117", "90"),
    ]


async def test_looking_is_written_down_once_and_each_download(server: SignalingServer) -> None:
    client = await server.sign_in("wu")
    for _ in range(2):
        assert (await client.get("/api/timings")).status == 200
        assert (await client.get("/api/timings/export")).status == 200
    async with server.house.database.read() as session:
        wanted = select(AuditRow.action).where(AuditRow.object == "timings").order_by(AuditRow.seq)
        assert list(await session.scalars(wanted)) == ["timings_opened", "timings_exported", "timings_exported"]


async def test_what_is_older_than_can_be_asked_for_goes(server: SignalingServer) -> None:
    last, _ = weeks()
    await server.house.database.write(lambda session: timings.forget(session, last.from_ms))
    assert [line.week for line in (await shown(server, "admin", "")).lines] == [last.name]


async def test_a_call_that_a_chain_begins_with_has_its_times_too(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server, server.house.database.read() as session:
        [row] = list(await session.scalars(select(CallTimingRow)))
        assert (row.ring_ms, row.answer_ms, row.connected_ms) == (300, 1700, 300)
        assert (row.first_frame_ms, row.first_audio_ms) == (500, None)
