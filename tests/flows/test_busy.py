"""A server that has no room for another call says so on the screen, and takes it once there is room."""

from pathlib import Path

import pytest

from contract.client import AcceptCall, LeaveRoom
from tests.flows import acts
from tests.flows.scene import Scene
from tests.support.caller import call, caller
from tests.support.clients import new_cid
from tests.support.clips import clip

pytestmark = pytest.mark.browser


async def test_a_store_that_is_told_to_wait_sees_it_and_is_let_in_by_itself(tmp_path: Path) -> None:
    async with Scene(tmp_path, max_legs=2) as scene:
        scene.expected += ["status of 503"]
        tablet = await scene.browser(clip(1))
        store = await tablet.sign_in("store-0117")
        async with (
            caller(scene.stack, "store-0108") as other_store,
            caller(scene.stack, "zhang") as other_expert,
            caller(scene.stack, "chen") as expert,
        ):
            running = await call(other_store, other_expert)
            await acts.call(store)
            # The first call may have rung here too.
            await expert.tab.until(lambda: set(expert.tab.rooms) - {running}, "it rings")
            (room,) = set(expert.tab.rooms) - {running}
            await expert.tab.do(AcceptCall(cid=new_cid(), room=room))
            await acts.visible(store, "server-busy")
            await other_store.tab.do(LeaveRoom(cid=new_cid(), room=running))
            await acts.gone(store, "server-busy")
            expert.media(room)
            await expert.hears(after=0.0)
