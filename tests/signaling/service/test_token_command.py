"""`passline token` beside a running server: which rooms are open, and a token that opens one."""

import asyncio
from pathlib import Path

import pytest

from contract.ids import RoomId
from contract.media import MediaUse
from tests.passline.test_people_commands import Ended, passline
from tests.signaling.service.world import World, training

pytestmark = pytest.mark.flow


async def test_a_token_is_made_for_an_open_room_and_only_with_consent(world: World, tmp_path: Path) -> None:
    room = await training(await world.tab("he"), await world.tab("store-0117"))

    async def command(*arguments: str) -> Ended:
        return await asyncio.to_thread(passline, tmp_path, "token", *arguments)

    listed = await command()
    assert listed.returncode == 0
    assert room in listed.stdout
    assert "洗手" in listed.stdout
    for arguments, said in (
        ((room, "publish"), "--consent"),
        ((room,), "what for"),
        ((RoomId("no-room"), "watch", "--consent"), "no such room"),
        ((room, "watch", "--consent", "--hours", "0.001"), "a minute"),
    ):
        refused = await command(*arguments)
        assert refused.returncode == 1
        assert said in refused.stderr
    made = await command(room, "publish", "--name", "摄像机", "--name-en", "Camera", "--hours", "2", "--consent")
    assert made.returncode == 0, made.stderr
    address, secret = made.stdout.split()
    assert address.endswith(f"/whip/{room}")
    found = await world.server.house.media_tokens.recognise(secret)
    assert found is not None
    assert (found.room, found.use, found.guest.name.en) == (room, MediaUse.PUBLISH, "Camera")
