"""A person in a call without a browser: a tab's signaling, a PeerConnection that is made anew when the server says so.

It speaks real Opus and counts what it hears at its own UDP sockets. It has no watch of its own over a connection that
falls silent: what it does after a fault shows that it was told.
"""

import asyncio
import contextlib
import itertools
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientError, ClientSession, CookieJar
from aiortc.exceptions import InvalidStateError

from contract.client import AcceptCall, JoinRoom, OpenSession, StartCall
from contract.data import Moved, SlotFill, Slots
from contract.http import Me, PeerAnswer, PeerOffer, SignIn
from contract.ids import RoomId
from contract.media import TABLET
from contract.people import Name
from contract.rooms import Reason
from contract.server import Done, MediaMoved, Welcome
from passline.demo import PASSWORD
from runtime import clock
from runtime.supervise import TaskScope
from tests.support import encoded
from tests.support.clients import Tab, new_cid
from tests.support.nodes import PATIENCE_S, until
from tests.support.peer_client import PeerClient
from tests.support.server import Answer, Client
from tests.support.stack import Stack

RETRY_S = 0.2
CONNECT_S, LONGEST_S = 2.0, 16.0
"""For one try to connect: a worker that died does not answer. Doubled each time, for a machine that is slower."""
GONE = (401, 403, 404, 410)
"""Answers to an offer after which another one is useless."""


class Caller:
    """One signed-in person with one tab. `media(room)` keeps it connected; `refused` is the answer that ended that."""

    def __init__(self, tab: Tab, scope: TaskScope) -> None:
        self.tab = tab
        self.peers: list[PeerClient] = []
        """All it ever had, the newest last; the sockets of the older ones stay open."""
        self.refused: Answer | None = None
        self.spoken = 0
        """How many packets of sound it has sent."""
        self._scope = scope
        self._pc_gen = 0

    def media(self, room: RoomId) -> None:
        """Connect to the room's media, speak, and connect again whenever told."""
        self._scope.spawn(self._stay_connected(room), name="media")
        self._scope.spawn(self._speak(), name="speak")

    @property
    def heard(self) -> list[float]:
        """When media came, over all connections, in order."""
        return sorted(at for peer in self.peers for at in peer.media_at)

    async def hears(self, *, after: float, seconds: float = PATIENCE_S) -> float:
        """Wait for media that came after this time; its time."""
        return await until(
            lambda: next((at for at in self.heard if at > after), None), f"{self.tab.person} hears", seconds=seconds
        )

    async def hears_anew(self, *, after: float, seconds: float = PATIENCE_S) -> float:
        """Wait for media on a connection that carried none before this time; its time."""

        def first() -> float | None:
            return next((p.media_at[0] for p in self.peers if p.media_at and p.media_at[0] > after), None)

        return await until(first, f"{self.tab.person} hears by a new connection", seconds=seconds)

    def longest_gap_s(self, since: float, to: float) -> float:
        """The longest time without a packet."""
        times = [since, *(at for at in self.heard if since < at < to), to]
        return max(after - before for before, after in itertools.pairwise(times))

    @property
    def slots(self) -> list[SlotFill]:
        """What the newest connection says that it carries; nothing before it said so."""
        told = [message for message in self.peers[-1].said if isinstance(message, Slots)] if self.peers else []
        return told[-1].slots if told else []

    async def offer(self, room: RoomId, peer: PeerClient, pc_gen: int) -> Answer:
        """What the server says to an offer, under the last session."""
        session = next(said.session for said in reversed(self.tab.heard) if isinstance(said, Welcome))
        body = PeerOffer(session=session, pc_gen=pc_gen, layout=TABLET, sdp=peer.offer())
        return await self.tab.browser.post(f"/api/rooms/{room}/peers", json=body.model_dump(mode="json"))

    async def _stay_connected(self, room: RoomId) -> None:
        patience_s = CONNECT_S
        while self.refused is None:
            told = self._told(room)
            if await self._connect(room, patience_s):
                patience_s = CONNECT_S
                await until(lambda told=told: self._told(room) > told or self._restarting, "word", seconds=3600)  # type: ignore[misc]
            else:
                patience_s = min(2 * patience_s, LONGEST_S)
                await asyncio.sleep(RETRY_S)

    def _told(self, room: RoomId) -> int:
        return sum(isinstance(said, MediaMoved) and said.room == room for said in self.tab.heard)

    @property
    def _restarting(self) -> bool:
        return Moved(reason="restarting") in self.peers[-1].said

    async def _connect(self, room: RoomId, patience_s: float) -> bool:
        peer = PeerClient()
        self._pc_gen += 1
        try:
            answer = await self.offer(room, peer, self._pc_gen)
            if answer.status == 201:
                async with asyncio.timeout(patience_s):
                    await peer.connect(answer.read(PeerAnswer).sdp)
        except (ClientError, OSError, TimeoutError, InvalidStateError):
            await peer.aclose()
            return False
        if answer.status in GONE:
            self.refused = answer
        if answer.status != 201:
            return False
        self.peers.append(peer)
        for old in self.peers[:-1]:
            await old.hang_up()
        return True

    async def _speak(self) -> None:
        frames = encoded.sound_frames(1, 2.0)
        number, next_at = 0, clock.now()
        while True:
            number += 1
            next_at += 0.02
            await asyncio.sleep(max(0.0, next_at - clock.now()))
            if self.peers:
                peer = self.peers[-1]
                ssrc = int(peer.offer().split("a=ssrc:")[1].split(" ")[0])
                head = struct.pack("!BBHLL", 0x80, 111, number & 0xFFFF, 960 * number & 0xFFFFFFFF, ssrc)
                with contextlib.suppress(ConnectionError):
                    await peer.send_rtp(head + frames[number % len(frames)].payload)
                    self.spoken += 1


@asynccontextmanager
async def caller(stack: Stack, login: str) -> AsyncIterator[Caller]:
    """Signed in and connected; the tab comes back by itself after every loss."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http, TaskScope(login) as scope:
        browser = Client(stack.url, http)
        answer = await browser.post("/api/signin", json=SignIn(login=login, password=PASSWORD).model_dump())
        assert answer.status == 200, answer.body
        browser.person = answer.read(Me).person
        made = Caller(Tab(browser), scope)
        scope.spawn(made.tab.stay(), name="tab")
        await made.tab.until(lambda: made.tab.welcome, "welcome")
        try:
            yield made
        finally:
            for peer in made.peers:
                await peer.aclose()


async def call(store: Caller, expert: Caller) -> RoomId:
    """The store calls, this expert answers, and both hear each other."""
    done = await store.tab.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
    assert isinstance(done, Done)
    room = done.room
    assert room is not None
    await expert.tab.until(lambda: room in expert.tab.rooms, "it rings")
    assert isinstance(await expert.tab.do(AcceptCall(cid=new_cid(), room=room)), Done)
    for one in (store, expert):
        one.media(room)
    for one in (store, expert):
        await one.hears(after=0.0)
    return room


async def lesson(trainer: Caller, *stores: Caller) -> RoomId:
    """The trainer opens a session, all stores join, and everybody hears somebody."""
    invite = [store.tab.person for store in stores]
    done = await trainer.tab.do(OpenSession(cid=new_cid(), title=Name(zh="洗手", en="Hands"), invite=invite))
    assert isinstance(done, Done)
    room = done.room
    assert room is not None
    for store in stores:
        await store.tab.until(lambda store=store: room in store.tab.rooms, "the invitation")  # type: ignore[misc]  # bound now
        assert isinstance(await store.tab.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    for one in (trainer, *stores):
        one.media(room)
    for one in (trainer, *stores):
        await one.hears(after=0.0)
    return room
