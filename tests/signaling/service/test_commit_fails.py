"""A database that takes nothing: what is due in a room is tried now and then, and done once it can be."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from contract.rooms import EndReason
from signaling.live import room as live
from tests.signaling.service.world import ring
from tests.support.clients import tab
from tests.support.nodes import until
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


async def test_a_ring_that_cannot_be_ended_is_not_ended_a_thousand_times_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "AGAIN_S", 0.1)
    tries = 0

    async def full(_work: Any) -> None:
        nonlocal tries
        tries += 1
        raise OperationalError("COMMIT", None, Exception("database or disk is full"))

    async with (
        SignalingServer(tmp_path, ring_s=0.4, log_level="error") as server,
        tab(await server.sign_in("store-0117")) as store,
        tab(await server.sign_in("chen")) as chen,
    ):
        await ring(store, chen)
        with monkeypatch.context() as disk:
            disk.setattr(server.house.database, "write", full)
            await until(lambda: tries, "the first try")
            await asyncio.sleep(0.5)
            assert tries <= 6
        await store.room(lambda state: state.end is EndReason.MISSED, "missed after all")
