"""A database that takes nothing: what is due in a room is tried now and then, and done once it can be."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from contract.client import AcceptCall, Ping
from contract.rooms import EndReason, MemberState
from contract.server import Done, Pong
from signaling.domain import seats
from signaling.live import room as live
from signaling.service import Service
from tests.signaling.service.world import answered, ring
from tests.support.clients import new_cid, tab
from tests.support.nodes import until
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


class Full:
    """Takes nothing, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.tries = 0

    async def write(self, _work: Any) -> None:
        self.tries += 1
        raise OperationalError("COMMIT", None, Exception("database or disk is full"))


async def test_a_ring_that_cannot_be_ended_is_not_ended_a_thousand_times_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "AGAIN_S", 0.1)
    full = Full()
    async with (
        SignalingServer(tmp_path, ring_s=0.4, log_level="error") as server,
        tab(await server.sign_in("store-0117")) as store,
        tab(await server.sign_in("chen")) as chen,
    ):
        await ring(store, chen)
        with monkeypatch.context() as disk:
            disk.setattr(server.house.database, "write", full.write)
            await until(lambda: full.tries, "the first try")
            await asyncio.sleep(0.5)
            assert full.tries < 50
        await store.room(lambda state: state.end is EndReason.MISSED, "missed after all")


async def test_who_answers_meanwhile_waits_for_no_next_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AGAIN_S", 60.0)
    full = Full()
    async with (
        SignalingServer(tmp_path, ring_s=0.4, log_level="error") as server,
        tab(await server.sign_in("store-0117")) as store,
        tab(await server.sign_in("chen")) as chen,
    ):
        room = await ring(store, chen)
        with monkeypatch.context() as disk:
            disk.setattr(server.house.database, "write", full.write)
            await until(lambda: full.tries, "the first try")
        assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=room)), Done)


async def test_whose_return_could_not_be_written_is_there_again_once_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "AGAIN_S", 0.1)
    full = Full()
    async with (
        SignalingServer(tmp_path, log_level="error") as server,
        tab(await server.sign_in("store-0117")) as store,
        tab(await server.sign_in("chen")) as chen,
    ):
        room = await answered(store, chen)
        service = server.house.rooms
        assert isinstance(service, Service)
        here = service.rooms.get(room)
        assert here is not None

        def seat() -> MemberState:
            return next(member.state for member in store.rooms[room].members if member.person.id == chen.person)

        with monkeypatch.context() as silence:
            silence.setattr(seats, "QUIET_S", 0.3)
            here.observe()
            await store.until(lambda: seat() is MemberState.AWAY, "away")
        with monkeypatch.context() as disk:
            disk.setattr(server.house.database, "write", full.write)
            await chen.say(Ping(n=1))
            await chen.until(lambda: any(isinstance(one, Pong) for one in chen.heard), "heard")
            here.observe()
            await until(lambda: full.tries, "the first try")
        await store.until(lambda: seat() is MemberState.JOINED, "there again")
