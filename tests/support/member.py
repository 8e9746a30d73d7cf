"""Somebody in live rooms without a browser: signed in, on the WebSocket, with real media through a real worker.

async with Member(stack, "store-0117") as store:
    await store.join(room)
    ... await store.send() ...
    await store.leave()
"""

import asyncio
import re
import struct
from types import TracebackType

from aiohttp import ClientError, ClientSession, CookieJar, TCPConnector

from contract.client import JoinRoom, LeaveRoom
from contract.http import Me, PeerAnswer, PeerOffer, SignIn
from contract.ids import RoomId
from contract.media import TABLET
from contract.server import Done
from passline.demo import PASSWORD
from runtime.supervise import TaskScope
from tests.support.clients import Tab, new_cid
from tests.support.nodes import PATIENCE_S
from tests.support.peer_client import PeerClient
from tests.support.server import Answer, Client
from tests.support.stack import Stack

OPUS, VP8, VP9, AV1 = 111, 96, 35, 36
"""Payload types of the captured offer, and of what `every_codec` adds."""
_SOUND_TICKS, _PICTURE_TICKS = 960, 9000
_PICTURE_PACKETS = 3
RETRY_S = 0.5
_LOUD = bytes.fromhex("bede0001" + "10a00000")
"""The captured offer's audio level extension (id 1), at -32 dBov."""


class Member:
    """One person with one tab; `join` and `leave` as often as wanted, `close_tab` and `open_tab` in between."""

    def __init__(self, stack: Stack, login: str) -> None:
        self.login = login
        self.tab: Tab
        self.peer: PeerClient | None = None
        self.room: RoomId | None = None
        self._stack = stack
        # Without keep-alive: connections that idle out would look like files and tasks that come and go.
        self._http = ClientSession(cookie_jar=CookieJar(unsafe=True), connector=TCPConnector(force_close=True))
        self._scope = TaskScope(login)
        self.every_codec = False
        """It also offers VP9 and AV1."""
        self._pc_gen = 0
        self._sent = 0
        self.microphone_ssrc = self.camera_ssrc = 0

    async def __aenter__(self) -> "Member":
        browser = Client(self._stack.url, self._http)
        answer = await browser.post("/api/signin", json=SignIn(login=self.login, password=PASSWORD).model_dump())
        assert answer.status == 200, answer.body
        browser.person = answer.read(Me).person
        self.tab = Tab(browser)
        await self.open_tab()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.peer is not None:
            await self.peer.aclose()
        if self.tab.socket is not None:
            await self.tab.socket.close()
        await self._scope.aclose()
        await self._http.close()

    async def open_tab(self) -> None:
        """A new session: the page was loaded again."""
        self.tab.resume = None
        self.tab.heard.clear()
        await self.tab.open()
        self._scope.spawn(self.tab.read(), name="read")
        await self.tab.until(lambda: self.tab.welcome, "welcome")

    async def reopen_tab(self) -> None:
        """The same session goes on in a new socket, once the server takes it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    await self.tab.open()
                    break
                except (ClientError, OSError, AssertionError):
                    await asyncio.sleep(0.1)
        self._scope.spawn(self.tab.read(), name="read")
        await self.tab.until(lambda: self.tab.welcome, "welcome")

    async def close_tab(self) -> None:
        """The page goes without a word to the room: WebSocket and PeerConnection close."""
        await self._drop_peer()
        assert self.tab.socket is not None
        await self.tab.socket.close()
        await self.tab.until(lambda: self.tab.socket is None, "the socket ends")

    async def join(self, room: RoomId) -> None:
        """Take the seat and bring a PeerConnection up; returns when media may flow."""
        await self.tab.until(lambda: room in self.tab.rooms, "the invitation")
        done = await self.tab.do(JoinRoom(cid=new_cid(), room=room, consent=True))
        assert isinstance(done, Done), done
        await self.connect(room)

    async def connect(self, room: RoomId) -> None:
        """A PeerConnection for a room in which this tab has its seat."""
        assert self.tab.welcome is not None
        await self._drop_peer()
        self.room = room
        peer = PeerClient()
        offer = peer.offer()
        if self.every_codec:
            more = f"a=rtpmap:{VP9} VP9/90000\r\na=rtpmap:{AV1} AV1/90000\r\n"
            offer = re.sub(r"(m=video \d+ \S+)(.*\r\n)", rf"\1 {VP9} {AV1}\2{more}", offer)
        ssrcs = [int(line.split(" ")[0]) for line in offer.split("a=ssrc:")[1:]]
        self.microphone_ssrc, self.camera_ssrc = ssrcs[0], next(ssrc for ssrc in ssrcs if ssrc != ssrcs[0])
        try:
            answer = await self._offered(room, offer)
            assert answer.status == 201, (answer.status, answer.body)
            await peer.connect(answer.read(PeerAnswer).sdp)
        except BaseException:
            await peer.aclose()
            raise
        self.peer = peer

    async def _offered(self, room: RoomId, sdp: str) -> Answer:
        """What the server says to it; as a browser does, again while the worker is too busy to answer in time."""
        assert self.tab.welcome is not None
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._pc_gen += 1
                body = PeerOffer(session=self.tab.welcome.session, pc_gen=self._pc_gen, layout=TABLET, sdp=sdp)
                answer = await self.tab.browser.post(f"/api/rooms/{room}/peers", json=body.model_dump(mode="json"))
                if answer.status != 503:
                    return answer
                await asyncio.sleep(RETRY_S)

    async def leave(self) -> None:
        """Hang up."""
        assert self.room is not None
        done = await self.tab.do(LeaveRoom(cid=new_cid(), room=self.room))
        assert isinstance(done, Done), done
        await self._drop_peer()

    async def gone(self) -> None:
        """The room is over: let go of it."""
        await self._drop_peer()

    async def send(self, *, picture: bool) -> None:
        """20 ms of sound, and with `picture` one small frame; every 20th of those is a keyframe."""
        if self.peer is None:
            return
        number = self._sent = self._sent + 1
        await self._rtp(
            0x90, 0x80 | OPUS, number, number * _SOUND_TICKS, self.microphone_ssrc, _LOUD + b"\xfc" + bytes(60)
        )
        if not picture:
            return
        key = number % 20 == 1
        for part in range(_PICTURE_PACKETS):
            # RFC 7741: the first packet starts a partition; the frame tag's lowest bit is 0 in a keyframe.
            head = b"\x10" + (b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00" if key else b"\x31\x00\x00")
            payload = (head if not part else b"\x00") + bytes(900)
            last = 0x80 if part == _PICTURE_PACKETS - 1 else 0
            sequence = number * _PICTURE_PACKETS + part
            await self._rtp(0x80, last | VP8, sequence, number * _PICTURE_TICKS, self.camera_ssrc, payload)

    async def _rtp(self, first: int, second: int, sequence: int, ticks: int, ssrc: int, rest: bytes) -> None:
        assert self.peer is not None
        head = struct.pack("!BBHLL", first, second, sequence & 0xFFFF, ticks & 0xFFFFFFFF, ssrc)
        await self.peer.send_rtp(head + rest)

    async def _drop_peer(self) -> None:
        peer, self.peer = self.peer, None
        if peer is not None:
            async with asyncio.timeout(PATIENCE_S):
                await peer.aclose()
