"""A running server with fake nodes, and what tests of the live side do again and again."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from contract.client import AcceptCall, JoinRoom, LeaveRoom, OpenSession, StartCall
from contract.http import PeerOffer
from contract.ids import RoomId
from contract.media import TABLET
from contract.people import Name
from contract.rooms import Reason
from contract.server import Done
from tests.support.clients import Tab, new_cid, tab
from tests.support.nodes import PATIENCE_S, FakeRecorder, FakeWorker
from tests.support.server import Answer, Client, SignalingServer


@dataclass
class World:
    """A running server with its nodes, and whoever is signed in."""

    server: SignalingServer
    worker: FakeWorker
    recorder: FakeRecorder
    stack: AsyncExitStack

    async def tab(self, login: str, browser: Client | None = None) -> Tab:
        return await self.stack.enter_async_context(tab(browser or await self.server.sign_in(login)))


async def ring(store: Tab, *experts: Tab, reason: Reason = Reason.EQUIPMENT) -> RoomId:
    """The store calls and these experts ring."""
    done = await store.do(StartCall(cid=new_cid(), reason=reason))
    assert isinstance(done, Done)
    assert done.room is not None
    for expert in experts:
        # It may be over already: a short ring on a busy machine.
        await expert.until(lambda expert=expert: done.room in (*expert.rooms, *expert.gone), "it rings")  # type: ignore[misc]
    return done.room


async def until_it_counts(store: Tab, steps: int) -> RoomId:
    """Call until the server goes by the chain of so many steps that was set: it looks ten times a second."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            room = await ring(store)
            state = await store.room(lambda state, room=room: state.id == room, "the call")  # type: ignore[misc]
            assert state.call is not None
            if len(state.call.steps) == steps:
                return room
            assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
            await asyncio.sleep(0.02)


async def offer(who: Tab, room: RoomId, *, pc_gen: int = 1) -> Answer:
    assert who.welcome is not None
    body = PeerOffer(session=who.welcome.session, pc_gen=pc_gen, layout=TABLET, sdp="v=0 offer")
    return await who.browser.post(f"/api/rooms/{room}/peers", json=body.model_dump(mode="json"))


async def answered(store: Tab, expert: Tab, reason: Reason = Reason.EQUIPMENT) -> RoomId:
    """The store calls and this expert answers."""
    room = await ring(store, expert, reason=reason)
    assert isinstance(await expert.do(AcceptCall(cid=new_cid(), room=room)), Done)
    return room


async def training(trainer: Tab, *stores: Tab) -> RoomId:
    """The trainer opens a session for these stores and all of them join."""
    opening = OpenSession(cid=new_cid(), title=Name(zh="洗手", en="Hands"), invite=[store.person for store in stores])
    done = await trainer.do(opening)
    assert isinstance(done, Done)
    assert done.room is not None
    for store in stores:
        await store.until(lambda store=store: done.room in store.rooms, "the invitation")  # type: ignore[misc]
        assert isinstance(await store.do(JoinRoom(cid=new_cid(), room=done.room, consent=True)), Done)
    return done.room
