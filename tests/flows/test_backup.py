"""A backup taken in the middle of a call is restored elsewhere: everything plays, the call up to that moment."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from runtime import ids
from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.calls import OVER
from tests.support.clips import clip
from tests.support.played import play
from tests.support.stack import Stack, environ

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

BEFORE_S = 6.0


async def passline(data: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "passline", *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environ({"data": data}), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


async def hang_up(stack: Stack, http: aiohttp.ClientSession, room: str) -> None:
    """End the call that was restored: its people might come back for 90 s."""
    ticket = (await (await http.post("/api/ticket")).json())["ticket"]
    async with http.ws_connect("/ws", origin=stack.url) as socket:
        await socket.send_json({"type": "hello", "ticket": ticket, "proto": 1, "device": "another-device"})
        for wish in ({"type": "join_room", "consent": True}, {"type": "leave_room"}):
            await socket.send_json({**wish, "room": room, "cid": ids.uuid7()})
            async for message in socket:
                said = message.json()
                assert said["type"] != "error", said
                if said["type"] == "done":
                    break


async def test_a_backup_in_the_middle_of_a_call_brings_everything_back(tmp_path: Path) -> None:
    file, other = tmp_path / "backup.tar", Stack(tmp_path / "b", seeded=False)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with Scene(tmp_path / "a") as scene:
        tablet, desk = await scene.browser(clip(1)), await scene.browser(clip(2), size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        room = await acts.room_of(store)
        await acts.open_chat(expert)
        await acts.write(expert, "先把温控旋到 0")
        await acts.ticked(expert, "delivered")
        await store.wait_for_timeout(BEFORE_S * 1000)
        await passline(scene.stack.data, "backup", str(file))
        await acts.sees(expert, "p-store-0117", clip(1))
        await acts.write(expert, "这句不在备份里")
        await acts.hang_up(expert)
        await acts.recording_is(store, "safe")

    await passline(other.data, "restore", str(file))
    async with other, await other.login("chen") as http:
        await hang_up(other, http, room)

        async def replay() -> dict[str, Any]:
            answer = await http.get(f"/api/archive/{room}")
            found: dict[str, Any] = await answer.json()
            return found if answer.status == 200 and found["parts"] and found["entry"]["recording"] in OVER else {}

        kept = await acts.until(replay, bool, "the interrupted call is in the archive", 60.0)
        assert kept["entry"]["recording"] == "recovered"
        parts = {part["participant"]: part for part in kept["parts"]}
        for person, shown in (("p-store-0117", clip(1)), ("p-chen", clip(2))):
            answer = await http.get(f"/api/archive/{room}/files/{parts[person]['file']}")
            film = play(await answer.read(), shown.number)
            assert film.clips == {shown.number}
            assert film.duration_s > BEFORE_S - 1.5
        words = [one["message"]["body"] for one in kept["chapters"] if one["kind"] == "chat"]
        assert words == ["先把温控旋到 0"]

        entries = (await (await http.get("/api/archive")).json())["entries"]
        assert len(entries) == 2, "and the call of the day before"
        for entry in entries:
            old = await (await http.get(f"/api/archive/{entry['room']}")).json()
            for part in old["parts"]:
                answer = await http.get(f"/api/archive/{entry['room']}/files/{part['file']}")
                assert len(await answer.read()) == part["size_bytes"]
