"""What somebody may not see cannot be told from what is not there, nor taken along by a copied address."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.errors import ErrorCode
from runtime import clock, ids
from tests.support import chain
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path) as started:
        yield started


async def test_a_foreign_room_takes_as_long_as_none(server: SignalingServer) -> None:
    stranger = await server.sign_in("store-0201")
    took: dict[str, list[float]] = {"theirs": [], "nobody's": []}
    for _ in range(40):
        for whose, room in (("theirs", chain.ROOM), ("nobody's", ids.uuid7())):
            begun = clock.now()
            answer = await stranger.get(f"/api/archive/{room}")
            took[whose].append(clock.now() - begun)
            assert (answer.status, answer.code) == (404, ErrorCode.NOT_FOUND)
    theirs, nobodys = map(min, took.values())  # what else the machine does only adds to it
    assert 0.4 < theirs / nobodys < 2.5


async def test_a_file_needs_the_sign_in_that_may_see_it(server: SignalingServer) -> None:
    expert = await server.sign_in("chen")
    others = await server.sign_in("store-0201")
    for path in (
        f"/api/archive/{chain.ROOM}/files/{chain.FILE}",
        f"/api/rooms/{chain.ROOM}/stills/{chain.STILL}",
    ):
        seen = await expert.get(path)
        assert seen.status == 200
        assert seen.headers["Cache-Control"] == "private, no-store"
        assert (await others.get(path)).status == 404
        assert (await (await server.stranger()).get(path)).status == 401
    [cookie] = [cookie.value for cookie in expert.http.cookie_jar]
    await expert.post("/api/signout")
    copied = await (await server.stranger()).get(path, headers={"Cookie": f"passline={cookie}"})
    assert copied.status == 401, "after signing out a copied cookie opens nothing"


def test_ids_cannot_be_guessed() -> None:
    made = {ids.uuid7() for _ in range(10_000)}
    assert len(made) == 10_000
    random_part = [int(one.replace("-", ""), 16) & (2**62 - 1) for one in made]
    ones = [sum(number >> bit & 1 for number in random_part) for bit in range(62)]
    assert all(4_500 < count < 5_500 for count in ones), "each bit is as good as a coin"
    assert len({ids.secret() for _ in range(1_000)}) == 1_000
