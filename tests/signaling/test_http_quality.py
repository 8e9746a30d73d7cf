"""Who may see how well a call went, what of it is kept how long, and that looking at it is written down."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.http import CallQuality
from contract.ids import PersonId
from contract.media import Source
from contract.people import Role
from contract.quality import LegSample, PublishedFigures
from runtime import clock
from signaling.domain.callquality import Sampled
from signaling.store import quality, recordings
from signaling.store.seed import RoomSeed
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.calls import QualityRow
from signaling.store.tables.people import PersonRow
from tests.support import chain
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow

QUALITY = f"/api/archive/{chain.ROOM}/quality"
STORE = PersonId("p-store-0117")


def samples(*lost: int) -> list[Sampled]:
    """A sample of 100 packets every 5 s from the beginning of the recorded call."""
    return [
        Sampled(
            at=chain.STARTED_MS + number * 5000,
            leg=LegSample(
                over_s=5.0,
                published=[
                    PublishedFigures(
                        source=Source.CAMERA, packets=100 - n, lost=n, octets=1000, jitter_ms=1, nacks=n, plis=0
                    )
                ],
                slots=[],
            ),
        )
        for number, n in enumerate(lost)
    ]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    plain = chain.finished_call(published=[Role.MANAGER])
    seeded = RoomSeed(**{**vars(plain), "quality": {STORE: samples(0, 8)}})
    async with SignalingServer(tmp_path, rooms=[seeded]) as started:
        yield started


async def test_the_managers_of_the_region_and_administrators_see_it_and_it_is_written_down_once(
    server: SignalingServer,
) -> None:
    for login in ("wu", "admin"):
        client = await server.sign_in(login)
        for _ in range(2):
            found = (await client.get(QUALITY)).read(CallQuality)
            assert [(one.person.id, one.up_loss) for one in found.people] == [(STORE, [0.0, 0.08])]
            assert (found.entry.room, found.left_out) == (chain.ROOM, 0)
            assert [(mark.at - chain.STARTED_MS, mark.kind) for mark in found.marks] == [(0, "joined"), (9000, "left")]
    async with server.house.database.read() as session:
        opened = select(AuditRow.person_id, AuditRow.object).where(AuditRow.action == "quality_opened")
        rows = sorted((person, room) for person, room in await session.execute(opened))
    assert rows == [("p-admin", chain.ROOM), ("p-wu", chain.ROOM)]


async def test_a_manager_of_another_region_may_replay_what_was_published_but_not_see_how_it_went(
    server: SignalingServer,
) -> None:
    async def move(session: AsyncSession) -> None:
        await session.execute(update(PersonRow).where(PersonRow.id == "p-wu").values(region_id="r-north"))

    await server.house.database.write(move)
    client = await server.sign_in("wu")
    assert (await client.get(f"/api/archive/{chain.ROOM}")).status == 200
    answer = await client.get(QUALITY)
    absent = await client.get("/api/archive/01900000-0000-7000-8000-00000000ffff/quality")
    assert (answer.status, answer.body) == (absent.status, absent.body) == (404, absent.body)


async def test_a_call_without_figures_is_empty_and_not_an_error(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server:
        client = await server.sign_in("admin")
        found = (await client.get(QUALITY)).read(CallQuality)
        assert (found.people, found.marks) == ([], [])


async def test_a_guest_is_measured_like_everybody_else(server: SignalingServer) -> None:
    """A guest of WHIP has no account; its figures must not be what loses those of all others."""
    guest = PersonId("guest-1")
    series = {(chain.ROOM, guest): samples(9, 9, 9), (chain.ROOM, PersonId("p-chen")): samples(0)}
    await server.house.database.write(partial(quality.keep, series=series))
    async with server.house.database.read() as session:
        assert await quality.people(session, chain.ROOM) == [guest, STORE, "p-chen"]
        assert len(await quality.of_person(session, chain.ROOM, guest)) == 3


async def test_figures_go_with_the_recording(server: SignalingServer) -> None:
    async with server.house.database.read() as session:
        [kept] = await recordings.kept(session)
        assert len(list(await session.scalars(select(QualityRow)))) == 1
    await server.house.database.write(partial(recordings.mark_deleted, recording=kept, at_ms=clock.wall_ms()))
    async with server.house.database.read() as session:
        assert list(await session.scalars(select(QualityRow))) == []


def test_an_hour_of_one_person_takes_little_room() -> None:
    rows = [quality.pack(samples(0, 3)) for _ in range(6 * 60)]
    assert sum(map(len, rows)) < 100_000, "written every ten seconds"


async def test_of_a_crowd_those_with_the_most_trouble_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {STORE: samples(0, 8), PersonId("p-chen"): samples(9, 8)}
    seeded = RoomSeed(**{**vars(chain.finished_call()), "quality": figures})
    async with SignalingServer(tmp_path, rooms=[seeded]) as server:
        client = await server.sign_in("admin")
        found = (await client.get(QUALITY)).read(CallQuality)
        assert [one.person.id for one in found.people] == ["p-chen", STORE]
        monkeypatch.setattr("signaling.http.quality.MAX_PEOPLE", 1)
        found = (await client.get(QUALITY)).read(CallQuality)
        assert [one.person.id for one in found.people] == ["p-chen"]
        assert found.left_out == 1
