"""Media tokens in the database: how long they are good, and for how many rooms there are any."""

from pathlib import Path

import pytest

from contract.errors import ErrorCode, Rejection
from contract.http import KeptTokens, MediaTokenWish
from contract.ids import RoomId
from contract.media import MediaUse
from contract.people import Name
from signaling.auth import media_tokens
from signaling.auth.media_tokens import MediaTokens
from signaling.store.organisation import By
from tests.signaling.service.world import World, training
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow

WISH = MediaTokenWish(use=MediaUse.WATCH, name=Name(zh="屏幕", en="Wall screen"), life_s=600, consent=True)


async def test_a_token_is_good_until_it_expires_and_is_then_unknown(world: World) -> None:
    now_ms = [1_900_000_000_000]
    tokens = MediaTokens(world.server.house.database, lambda: now_ms[0])
    room = await training(await world.tab("he"), await world.tab("store-0117"))
    issued = await tokens.issue(WISH, room, By())
    assert issued.expires_at == now_ms[0] + 600_000
    now_ms[0] = issued.expires_at - 1
    found = await tokens.recognise(issued.token)
    assert found is not None
    assert (found.guest.id, found.guest.name.en, found.room, found.use) == (
        issued.guest,
        "Wall screen",
        room,
        MediaUse.WATCH,
    )
    assert await tokens.expiries([issued.guest]) == {issued.guest: issued.expires_at}
    now_ms[0] += 1
    assert await tokens.recognise(issued.token) is None
    assert await tokens.recognise("a guess") is None


async def test_only_so_many_are_good_at_once_in_a_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_tokens, "MAX_PER_ROOM", 2)
    now_ms = [1_900_000_000_000]
    tokens = MediaTokens(world.server.house.database, lambda: now_ms[0])
    room = await training(await world.tab("he"), await world.tab("store-0117"))
    for _ in range(2):
        await tokens.issue(WISH, room, By())
    with pytest.raises(Rejection) as caught:
        await tokens.issue(WISH, room, By())
    assert caught.value.code is ErrorCode.TOO_MANY
    now_ms[0] += 600_000
    await tokens.issue(WISH, room, By())


async def test_an_administrator_sees_those_of_all_rooms_and_takes_one_back(world: World) -> None:
    tokens = world.server.house.media_tokens
    room = await training(await world.tab("he"), await world.tab("store-0117"))
    issued = [await tokens.issue(WISH, room, By()) for _ in range(2)]
    admin = await world.server.sign_in("admin")
    listed = (await admin.get("/api/tokens")).read(KeptTokens).tokens
    assert {(one.guest, one.room, one.here) for one in listed} == {(one.guest, room, False) for one in issued}
    assert (await admin.ask("DELETE", f"/api/tokens/{issued[0].guest}")).status == 204
    assert await tokens.recognise(issued[0].token) is None
    [left] = (await admin.get("/api/tokens")).read(KeptTokens).tokens
    assert left.guest == issued[1].guest
    assert (await admin.ask("DELETE", f"/api/tokens/{issued[0].guest}")).status == 404


async def test_there_are_none_for_a_room_that_is_not_there(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server:
        with pytest.raises(Rejection) as caught:
            await MediaTokens(server.house.database).issue(WISH, RoomId("no-room"), By())
        assert caught.value.code is ErrorCode.NOT_FOUND
