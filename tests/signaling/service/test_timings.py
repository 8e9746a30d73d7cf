"""The times of a call are kept when it is over, and what a client makes up does not count."""

import pytest
from sqlalchemy import select

from contract.client import AcceptCall, CancelCall, FirstAudio, FirstFrame, LeaveRoom, Rung
from contract.server import Done
from contract.timings import CallTimings
from signaling.store.tables.calls import CallTimingRow
from tests.signaling.service.world import World, ring
from tests.support.clients import new_cid

pytestmark = pytest.mark.flow


async def test_each_stage_of_a_call_is_kept_once_it_is_over(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await ring(store, chen)
    await chen.do(Rung(cid=new_cid(), room=room))
    assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=room)), Done)
    assert isinstance(await chen.do(FirstFrame(cid=new_cid(), room=room)), Done)
    assert isinstance(await chen.do(FirstAudio(cid=new_cid(), room=room, age_ms=600_000)), Done)
    await store.do(LeaveRoom(cid=new_cid(), room=room))
    state = await store.room(lambda state: state.closed_at is not None, "it is over")
    assert state.call is not None
    times = state.call.timings
    assert times.ring is not None
    assert times.answer is not None
    assert times.first_frame is not None
    assert times.first_audio is not None
    assert times.first_audio >= times.answer
    admin = await world.server.sign_in("admin")
    [line] = (await admin.get("/api/timings?weeks=2&by=store")).read(CallTimings).lines
    assert line.calls == 1
    assert line.stages.ring is not None
    assert line.stages.ring.p95_ms == times.ring - times.tap
    assert line.stages.first_audio is not None
    assert line.stages.first_audio.p50_ms == times.first_audio - times.answer
    assert line.stages.connected is None


async def test_a_call_that_nobody_answered_has_only_its_ring(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await ring(store, chen)
    await chen.do(Rung(cid=new_cid(), room=room))
    await store.do(CancelCall(cid=new_cid(), room=room))
    await store.room(lambda state: state.closed_at is not None, "it is over")
    async with world.server.house.database.read() as session:
        [row] = list(await session.scalars(select(CallTimingRow).where(CallTimingRow.room_id == room)))
    assert row.ring_ms is not None
    assert (row.answer_ms, row.first_frame_ms, row.first_audio_ms) == (None, None, None)
