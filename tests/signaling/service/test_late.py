"""A recording that is not safe in time raises an alarm, and clears it by itself."""

import pytest

from contract.alarms import Alarm
from contract.client import LeaveRoom
from contract.nodes import StopRecording
from contract.rooms import RecordingState
from signaling.app import SERVICE
from signaling.domain import keeping
from tests.signaling.service.world import World, answered
from tests.support.clients import new_cid
from tests.support.nodes import until

pytestmark = pytest.mark.flow


async def test_safe_later_than_a_minute_is_an_alarm_until_it_is_safe(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.recorder.slow = True
    keeper, alarms = world.server.app[SERVICE].keeper, world.server.house.health.alarms
    store, expert = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, expert)
    await expert.do(LeaveRoom(cid=new_cid(), room=room))
    stop = await until(lambda: next(iter(world.recorder.of(StopRecording)), None), "the recorder is told")
    await keeper.look()
    assert not alarms.is_on(Alarm.SAFE_LATE)
    monkeypatch.setattr(keeping, "SAFE_WITHIN_MS", -1)  # as if a minute had passed
    await keeper.look()
    assert alarms.is_on(Alarm.SAFE_LATE)
    world.recorder.make_safe(stop.recording)
    await store.room(lambda s: s.recording is not None and s.recording.state is RecordingState.SAFE, "safe")
    await keeper.look()
    assert not alarms.is_on(Alarm.SAFE_LATE)
