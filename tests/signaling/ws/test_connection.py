"""Real WebSockets on the real server: welcome, resume, and every way to be sent away."""

import asyncio
import contextlib
import socket as sockets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from contract.base import encode
from contract.client import GetRoom, Hello, OpenSession, Ping, StartCall
from contract.errors import ByeCode, ErrorCode
from contract.ids import PersonId, RoomId, room_channel
from contract.people import Name
from contract.rooms import Reason
from contract.server import Error, Pong, Reconnect, RoomGone
from runtime import clock
from signaling.app import SERVICE
from signaling.ws.gateway import Gateway
from signaling.ws.socket import QUEUE_FRAMES
from tests.support.clients import Tab, new_cid, tab
from tests.support.nodes import PATIENCE_S, until
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path) as running:
        yield running


async def raw_end(browser: Client, frame: str | bytes) -> tuple[int | None, list[str]]:
    """The close code after one first frame, and the texts before."""
    socket = await browser.web_socket()
    await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
    texts = []
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            texts.append(message.data)
    return socket.close_code, texts


async def test_welcome_comes_first_and_ping_is_answered(server: SignalingServer) -> None:
    async with tab(await server.sign_in("chen")) as chen:
        await chen.until(lambda: len(chen.heard) >= 2, "the first two")
        assert [message.type for message in chen.heard][:2] == ["welcome", "presence"]
        assert chen.welcome is not None
        assert not chen.welcome.resumed
        await chen.say(Ping(n=3))
        await chen.until(lambda: any(isinstance(m, Pong) and m.n == 3 for m in chen.heard), "pong")


async def test_presence_follows_who_is_there(server: SignalingServer) -> None:
    async with tab(await server.sign_in("store-0117")) as store:
        await store.until(lambda: store.presence("p-chen"), "the presence")
        assert store.presence("p-chen") == "offline"
        assert store.presence("p-store-0117") in (None, "offline", "free")
        async with tab(await server.sign_in("chen")):
            await store.until(lambda: store.presence("p-chen") == "free", "chen is free")
        assert store.presence("p-store-0108") is None


async def test_a_ticket_opens_one_socket(server: SignalingServer) -> None:
    browser = await server.sign_in("chen")
    frame = Hello(ticket=await browser.ticket(), proto=1, device="device-1")
    first = await browser.web_socket()
    await first.send_str(encode(frame).decode())
    assert '"welcome"' in (await first.receive()).data
    code, texts = await raw_end(browser, encode(frame).decode())
    assert code == 4401
    assert '"sign_in"' in texts[-1]
    await first.close()


async def test_a_foreign_or_absent_origin_gets_no_socket(server: SignalingServer) -> None:
    browser = await server.sign_in("chen")
    for origin in ("https://evil.example", None):
        with pytest.raises(WSServerHandshakeError) as refused:
            await browser.http.ws_connect(f"{server.url}/ws", origin=origin)
        assert refused.value.status == 403


@pytest.mark.parametrize("frame", ["{", "nonsense", '{"type":"ping","n":1}', "[]", b"\x00\x01"])
async def test_garbage_instead_of_hello_ends_it(server: SignalingServer, frame: str | bytes) -> None:
    code, texts = await raw_end(await server.sign_in("chen"), frame)
    assert code == 4400
    assert '"bad_message"' in texts[-1]


async def test_an_oversize_frame_ends_it(server: SignalingServer) -> None:
    code, _ = await raw_end(await server.sign_in("chen"), "x" * (64 * 1024 + 1))
    assert code == 1009


async def test_bad_frames_later_change_nothing(server: SignalingServer) -> None:
    async with tab(await server.sign_in("chen")) as chen:
        assert chen.socket is not None
        await chen.socket.send_str('{"type":"send","cid":"no","ch":"room:1","body":"x"}')
        await chen.until(
            lambda: any(isinstance(m, Error) and m.code is ErrorCode.BAD_MESSAGE for m in chen.heard), "refusal"
        )
        await chen.socket.send_str("}{")
        await chen.until(lambda: chen.close_code, "the end")
        assert chen.close_code == 4400


async def test_silence_ends_it(server: SignalingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await server.sign_in("chen")
    monkeypatch.setattr("signaling.ws.session.HELLO_S", 0.05)
    mute = await browser.web_socket()
    assert '"silent"' in (await mute.receive()).data
    await mute.receive()
    assert mute.close_code == 4408


async def test_ping_frames_are_answered_but_are_no_words(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await server.sign_in("chen")
    monkeypatch.setattr("signaling.ws.session.HELLO_S", 1.5)
    mute = await browser.http.ws_connect(f"{browser.url}/ws", origin=browser.url, autoping=False)
    begun = clock.now()
    ponged = 0
    while clock.now() - begun < PATIENCE_S:
        with contextlib.suppress(ConnectionError):
            await mute.ping(b"still here")
        frame = await mute.receive(timeout=PATIENCE_S)
        ponged += frame.type is WSMsgType.PONG
        if frame.type is WSMsgType.TEXT:
            break
        await asyncio.sleep(0.02)
    assert ponged
    assert '"silent"' in frame.data, "it said no hello"


async def test_a_sign_in_that_is_over_ends_its_sockets(server: SignalingServer) -> None:
    browser = await server.sign_in("chen")
    async with tab(browser) as chen, tab(await server.sign_in("liu")) as liu:
        who = chen.browser.person
        assert who is not None
        session = next(iter(server.app[SERVICE].sessions.of(who.id)))
        await server.house.sign_ins.end(session.who)
        await server.app[SERVICE]._revocation.look()
        await chen.until(lambda: chen.close_code, "the end")
        assert chen.bye is not None
        assert (chen.close_code, chen.bye.code) == (4403, ByeCode.REVOKED)
        assert liu.bye is None


async def test_a_foreign_room_is_not_there(server: SignalingServer) -> None:
    browsers = [await server.sign_in(login) for login in ("chen", "liu", "store-0117")]
    async with tab(browsers[0]) as chen, tab(browsers[1]) as liu, tab(browsers[2]) as store:
        done = await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
        room = (await chen.room(lambda state: True, "the call")).id
        assert done.type == "done"
        await liu.say(GetRoom(room=room))
        await liu.say(GetRoom(room=RoomId("nothing")))
        await liu.until(lambda: len(liu.gone) == 2, "both gone")
        assert [m.room for m in liu.heard if isinstance(m, RoomGone)] == [room, "nothing"]
        cid = await liu.write(room_channel(room), "may I?")
        await liu.until(lambda: liu.failed.get(cid), "refusal")
        assert liu.failed[cid] is ErrorCode.NOT_FOUND


async def test_a_resumed_session_is_the_same_and_its_token_rotates(server: SignalingServer) -> None:
    browser = await server.sign_in("chen")
    async with tab(browser, device="device-1") as first:
        before = first.welcome
        assert before is not None
        await first.drop()
        await first.until(lambda: first.close_code, "the drop")
    async with tab(browser, device="device-1", resume=before.resume) as second:
        assert second.welcome is not None
        assert second.welcome.resumed
        assert second.welcome.session == before.session
        assert second.welcome.resume != before.resume
    for resume, device in ((before.resume, "device-1"), (second.welcome.resume, "device-2"), ("made-up", "device-1")):
        async with tab(browser, device=device, resume=resume) as other:
            assert other.welcome is not None
            assert not other.welcome.resumed
            assert other.welcome.session != before.session


async def test_taking_up_a_connected_session_replaces_its_socket(server: SignalingServer) -> None:
    browser = await server.sign_in("chen")
    async with (
        tab(browser, device="device-1") as first,
        tab(browser, device="device-1", resume=first.resume) as second,
    ):
        await first.until(lambda: first.bye, "goodbye")
        assert first.bye is not None
        assert (first.bye.code, first.bye.reconnect) == (ByeCode.REPLACED, Reconnect.NEVER)
        await first.until(lambda: first.close_code, "close")
        assert first.close_code == 4409
        await second.say(Ping(n=1))
        await second.until(lambda: any(isinstance(m, Pong) for m in second.heard), "pong")


async def test_signing_out_ends_the_sockets_of_this_browser_only(server: SignalingServer) -> None:
    browser, elsewhere = await server.sign_in("chen"), await server.sign_in("chen")
    async with tab(browser) as here, tab(elsewhere) as there:
        assert (await browser.post("/api/signout")).status == 204
        await here.until(lambda: here.close_code, "close")
        assert here.close_code == 4401
        assert here.bye is not None
        assert (here.bye.code, here.bye.reconnect) == (ByeCode.SIGNED_OUT, Reconnect.NEVER)
        await there.say(Ping(n=1))
        await there.until(lambda: any(isinstance(m, Pong) for m in there.heard), "pong")


async def test_a_stopping_server_says_when_to_come_back(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server:
        browser = await server.sign_in("chen")
        chen = Tab(browser)
        await chen.open()
        reading = asyncio.gather(chen.read())
        await chen.until(lambda: chen.welcome, "welcome")
        stopping = asyncio.gather(server.app.shutdown())
        await chen.until(lambda: chen.bye, "goodbye")
        assert chen.bye is not None
        assert chen.bye.code is ByeCode.RESTARTING
        assert chen.bye.retry_after_s is not None
        await reading
        await stopping


async def test_a_client_that_does_not_read_is_cut_and_the_others_are_not(server: SignalingServer) -> None:
    """Its queue and the kernel's buffers fill up; then the server lets go."""
    slow, trainer = await server.sign_in("store-0108"), await server.sign_in("he")
    async with tab(trainer) as he:
        host, port = server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        raw: sockets.socket = writer.get_extra_info("socket")
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        del reader
        writer.write(
            f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n".encode()
            + f"Origin: {server.url}\r\nSec-WebSocket-Version: 13\r\n".encode()
            + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        hello = encode(Hello(ticket=await slow.ticket(), proto=1, device="device-slow"))
        mask = b"\x00\x00\x00\x00"
        writer.write(b"\x81" + bytes([0x80 | 126]) + len(hello).to_bytes(2, "big") + mask + hello)
        transport = writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()
        gateway = server.house.sockets
        assert isinstance(gateway, Gateway)
        sockets_open = gateway._open
        await until(lambda: len(sockets_open) == 2, "both are connected")
        sessions = server.app[SERVICE].sessions
        session = await until(
            lambda: next(iter(sessions.of(PersonId("p-store-0108"))), None), "the slow one is welcome"
        )
        for _ in range(QUEUE_FRAMES + 2000):
            session.say("x" * 4000)
            if session.connection is None:
                break
            await asyncio.sleep(0)
        await until(lambda: len(sockets_open) == 1, "the slow one is cut")
        invite = OpenSession(cid=new_cid(), title=Name(zh="t", en="t"), invite=[PersonId("p-store-0108")])
        assert (await he.do(invite)).type == "done"
        writer.transport.abort()
