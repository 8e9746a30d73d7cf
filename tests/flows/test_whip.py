"""WHIP and WHEP on the whole real system: clients that know the standard alone publish, watch, are recorded."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.client import CloseRoom, OpenSession
from contract.http import MediaToken
from contract.ids import PersonId, RoomId
from contract.media import MediaUse, Source
from contract.people import Name
from contract.rooms import MemberState
from contract.server import Done
from tests.flows.scene import Scene
from tests.support.calls import replay
from tests.support.clients import new_cid
from tests.support.clips import clip
from tests.support.member import Member
from tests.support.plain_client import FRAGMENT, PlainClient
from tests.support.stack import Stack
from tests.support.whip_muxer import BRIGHTNESS
from tests.support.whip_page import studio

ENOUGH = 20
"""Pictures or sounds: they go on, and were no accident."""
NEAR = 8
"""Of a brightness, after an encoder and a decoder."""


async def open_session(trainer: Member) -> RoomId:
    wish = OpenSession(cid=new_cid(), title=Name(zh="洗手", en="Hands"), invite=[PersonId("p-store-0117")])
    done = await trainer.tab.do(wish)
    assert isinstance(done, Done)
    assert done.room is not None
    await trainer.tab.until(lambda: done.room in trainer.tab.rooms, "the room")
    return done.room


async def token(host: Member, room: RoomId, use: MediaUse) -> MediaToken:
    body = {"use": use, "name": {"zh": "后厨", "en": "Kitchen"}, "consent": True}
    answer = await host.tab.browser.post(f"/api/rooms/{room}/tokens", json=body)
    assert answer.status == 201, answer.body
    return answer.read(MediaToken)


async def has(host: Member, room: RoomId, guest: PersonId, state: MemberState) -> None:
    def there() -> bool:
        return any(m.person.id == guest and m.state is state for m in host.tab.rooms[room].members)

    await host.tab.until(there, f"the guest has {state}")


async def shows(stack: Stack, watcher: PlainClient, brightness: int) -> None:
    """The watcher sees and hears more than it did, and that it is the right picture."""
    before = dict(watcher.frames)

    def enough() -> bool:
        more = all(watcher.frames[kind] >= before[kind] + ENOUGH for kind in before)
        return more and abs(watcher.brightness - brightness) <= NEAR

    await stack.until(enough, f"no picture of brightness {brightness}", within_s=60.0)


@asynccontextmanager
async def muxer(stack: Stack, issued: MediaToken) -> AsyncIterator[asyncio.subprocess.Process]:
    """ffmpeg's WHIP muxer, until the block is left; it must end well."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.whip_muxer", stack.url + issued.path, issued.token),
        stdin=asyncio.subprocess.PIPE,
    )
    try:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.flow
async def test_plain_clients_publish_watch_and_are_recorded(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, Member(stack, "he") as host:
        room = await open_session(host)
        camera, encoder = [await token(host, room, MediaUse.PUBLISH) for _ in range(2)]
        screen = await token(host, room, MediaUse.WATCH)
        async with PlainClient(stack.url, screen, names_addresses=False) as watcher:
            await watcher.watch()
            async with PlainClient(stack.url, camera) as publisher:
                await publisher.publish(brightness=60)
                await shows(stack, watcher, 60)
                trickled = await publisher.ask(
                    "PATCH",
                    publisher.session,
                    data=fragment_of(publisher),
                    **{"Content-Type": FRAGMENT, "If-Match": publisher.etag},
                )
                assert trickled.status == 204
                for restarting in (publisher, watcher):
                    stale = restarting.etag
                    await restarting.restart_ice()
                    await shows(stack, watcher, 60)
                    late = await restarting.ask(
                        "PATCH",
                        restarting.session,
                        data=fragment_of(restarting),
                        **{"Content-Type": FRAGMENT, "If-Match": stale},
                    )
                    assert late.status == 412
                for guest in (camera.guest, screen.guest):
                    await has(host, room, guest, MemberState.JOINED)
                assert await publisher.leave() == 204
                await has(host, room, camera.guest, MemberState.LEFT)
            async with muxer(stack, encoder):
                await has(host, room, encoder.guest, MemberState.JOINED)
                await shows(stack, watcher, BRIGHTNESS)
            await has(host, room, encoder.guest, MemberState.LEFT)
        await has(host, room, screen.guest, MemberState.LEFT)
        assert isinstance(await host.tab.do(CloseRoom(cid=new_cid(), room=room)), Done)
        kept = await replay(host, room)
        recorded = {(part.participant, source) for part in kept.parts for source in part.sources}
        for guest in (camera.guest, encoder.guest):
            assert {(guest, Source.MICROPHONE), (guest, Source.CAMERA)} <= recorded
            assert guest in {person.id for person in kept.entry.people}
        assert screen.guest not in {part.participant for part in kept.parts}


def fragment_of(client: PlainClient) -> str:
    """What a client that finds one more address says."""
    lines = client.peer.localDescription.sdp.split("\r\n")
    wanted = ("a=ice-ufrag", "a=ice-pwd", "m=", "a=mid", "a=candidate", "a=end-of-candidates")
    return "\r\n".join(line for line in lines if line.startswith(wanted)) + "\r\n"


@pytest.mark.browser
async def test_a_page_elsewhere_publishes_with_a_client_from_npm(tmp_path: Path) -> None:
    async with studio() as page_url, Scene(tmp_path) as scene, Member(scene.stack, "he") as host:
        room = await open_session(host)
        issued, screen = [await token(host, room, use) for use in (MediaUse.PUBLISH, MediaUse.WATCH)]
        browser = await scene.browser(clip(1))
        async with PlainClient(scene.stack.url, screen) as watcher:
            await watcher.watch()
            page = await browser.context.new_page()
            said: list[str] = []
            page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: said.append(str(error)))
            await page.goto(page_url)
            await page.wait_for_function("window.ready")
            entered = await page.evaluate(
                "([endpoint, key]) => publish(endpoint, key)", [scene.stack.url + issued.path, issued.token]
            )
            assert entered["session"].startswith(f"{scene.stack.url}{issued.path}/")
            await has(host, room, issued.guest, MemberState.JOINED)
            await scene.stack.until(
                lambda: min(watcher.frames.values()) >= ENOUGH, "nothing of the page was seen", within_s=60.0
            )
            assert said == []
            await page.evaluate("leave()")
            await has(host, room, issued.guest, MemberState.LEFT)
