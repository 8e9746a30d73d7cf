"""`passline token` beside a running server: which rooms are open, and a token that opens one."""

import asyncio
from pathlib import Path

import pytest

from contract.ids import RoomId
from contract.media import MediaUse
from contract.rooms import MemberState
from tests.passline.test_people_commands import Ended, passline
from tests.signaling.service.test_guests import device, seen, token
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


async def test_tokens_are_listed_and_one_that_is_revoked_here_ends_the_stay_there(world: World, tmp_path: Path) -> None:
    he = await world.tab("he")
    room = await training(he, await world.tab("store-0117"))
    camera, screen = await token(he, room), await token(he, room, "watch")
    one = await device(world, camera)
    assert (await one.offer()).status == 201
    await seen(he, room, camera.guest, MemberState.JOINED)

    async def command(*arguments: str) -> Ended:
        return await asyncio.to_thread(passline, tmp_path, "token", *arguments)

    listed = await command("--list")
    assert listed.returncode == 0, listed.stderr
    assert {line.split()[0] for line in listed.stdout.splitlines()[2:]} == {camera.guest, screen.guest}
    assert camera.token not in listed.stdout
    assert camera.guest not in (await command("no-room", "--list")).stdout
    refused = await command("no-room", "--revoke", camera.guest)
    assert refused.returncode == 1
    assert "no such token" in refused.stderr
    revoked = await command("--revoke", camera.guest)
    assert revoked.returncode == 0, revoked.stderr
    await seen(he, room, camera.guest, MemberState.LEFT)
    left = await command(room, "--list")
    assert [line.split()[0] for line in left.stdout.splitlines()[2:]] == [screen.guest]
